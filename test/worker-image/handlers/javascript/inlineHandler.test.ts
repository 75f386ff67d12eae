import { createHash } from "node:crypto";
import path from "node:path";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { bundleHeader } from "../../../../contract/handlers/handlerBundle";
import { downloadHandler } from "../../../../worker-image/src/handlers/javascript/inlineHandler";
import { loadInlineModule } from "../../../../worker-image/src/handlers/javascript/inlineModule";
import { rejection, until } from "../../../local-cloud/support";
import { credentials, region, startSqsAndS3 } from "../../helpers/aws";
import { FakeLog } from "../../helpers/doubles";
import { FakeClock } from "../../helpers/fakeClock";

describe("downloadHandler", () => {
  const text = "exports.default = () => 'grüße';";
  const hash = createHash("sha256").update(text).digest("hex");
  const variables = ["AWS_ENDPOINT_URL_S3", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
  const saved = variables.map((name) => [name, process.env[name]] as const);
  let aws: Awaited<ReturnType<typeof startSqsAndS3>>;
  let client: S3Client;

  before(async () => {
    aws = await startSqsAndS3();
    client = new S3Client({ endpoint: aws.endpoint, region, credentials, forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: "handlers" }));
    const values = [aws.endpoint, region, credentials.accessKeyId, credentials.secretAccessKey];
    variables.forEach((name, index) => (process.env[name] = values[index]));
  });
  after(async () => {
    for (const [name, value] of saved) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    client.destroy();
    await aws.close();
  });

  const put = (key: string) => client.send(new PutObjectCommand({ Bucket: "handlers", Key: key, Body: text }));

  function download(url: string) {
    const clock = new FakeClock();
    const log = new FakeLog();
    const effects = { clock, random: () => 1, log: log.log };
    return { clock, log, text: downloadHandler(url, effects) };
  }

  it("gets the text whose hash its name says", async () => {
    await put(`greet/${hash}.js`);
    expect(await download(`s3://handlers/greet/${hash}.js`).text).to.equal(text);
  });

  it("refuses a text of another hash", async () => {
    await put(`greet/${"0".repeat(64)}.js`);
    const { message } = await rejection(download(`s3://handlers/greet/${"0".repeat(64)}.js`).text);
    expect(message).to.match(/could not be downloaded from s3:.*: its content has the SHA-256 [0-9a-f]{64}/);
  });

  it("says at once that there is no such object, bucket or address", async () => {
    for (const url of [`s3://handlers/none/${hash}.js`, `s3://no-such-bucket/${hash}.js`, "handlers"]) {
      expect((await rejection(download(url).text)).message).to.include(`could not be downloaded from ${url}: `);
    }
  });

  it("retries while S3 fails", async () => {
    await put(`late/${hash}.js`);
    process.env.AWS_ENDPOINT_URL_S3 = "http://127.0.0.1:1";
    const { clock, log, text: got } = download(`s3://handlers/late/${hash}.js`);
    await until(() => log.events().includes("handler-download-retried"));
    process.env.AWS_ENDPOINT_URL_S3 = aws.endpoint;
    await clock.advance(60_000);
    expect(await got).to.equal(text);
  });
});

describe("loadInlineModule", () => {
  const place = path.join(__dirname, "inline-test.js");
  type Loaded = { default: () => unknown };

  it("resolves packages from where it stands, whichever way they are asked for", async () => {
    const loaded = (await loadInlineModule(
      `const fs = require("fs"); exports.default = async () => [typeof fs.readFileSync, typeof require("chai/package.json").name, typeof (await import('mocha')).default];`,
      place,
    )) as Loaded;
    expect(await loaded.default()).to.deep.equal(["function", "string", "function"]);
  });

  const header = (packages: string[]) => bundleHeader({ name: "jobs/a.ts", packages });

  it("names every package that is missing, before any job", async () => {
    const { message } = await rejection(loadInlineModule(header(["no-such-a", "chai", "no-such-b"]), place));
    expect(message).to.include("The handler jobs/a.ts needs packages that can't be loaded in this image: ");
    expect(message).to.include('"no-such-a" (Cannot find module').and.to.include('"no-such-b"').and.not.include("chai");
  });

  it("awaits a bundle's module, and looks for no packages but those that its first line names", async () => {
    const text = `module.exports = (async () => ({ default: () => { try { require("no-such-a"); } catch { return 1; } } }))();`;
    const loaded = (await loadInlineModule(header(["chai"]) + text, place)) as Loaded;
    expect(loaded.default()).to.equal(1);
  });

  it("finds the worker's own packages from wherever a text stands", async () => {
    const loaded = (await loadInlineModule(`exports.default = () => typeof require("chai");`, "/x/y.js")) as Loaded;
    expect(loaded.default()).to.equal("object");
  });

  it("says what is wrong with a text that doesn't load", async () => {
    expect((await rejection(loadInlineModule("undefined.x", place))).message).to.include("reading 'x'");
  });
});
