import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { type SecretReference } from "../../../contract/secretReference";
import { encodeWorkerSettings } from "../../../contract/workerSettings";
import { readSecrets } from "../../../worker-image/src/secrets/secrets";
import { rejection } from "../../local-cloud/support";
import { credentials, region } from "../helpers/aws";
import { buildWorker } from "../helpers/build";
import { FakeLog, settings } from "../helpers/doubles";
import { FakeClock } from "../helpers/fakeClock";
import { expectNoWorkers, WorkerProcess } from "../helpers/workerProcess";

const secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-Ab12Cd";
const parameter = "arn:aws:ssm:us-east-1:123456789012:parameter/token";

/** Reads them from what each ARN has; an Error is what each read of it meets, a list is one answer after the other. */
function read(references: Record<string, string>, values: Record<string, string | Error | (string | Error)[]>) {
  const clock = new FakeClock();
  const log = new FakeLog();
  const asked: string[] = [];
  const fetch = ({ arn }: SecretReference) => {
    asked.push(arn);
    const value = values[arn];
    const next = Array.isArray(value) ? (value.length > 1 ? value.shift() : value[0]) : value;
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next!);
  };
  const reading = readSecrets(references, { fetch, clock, random: () => 1, log: log.log });
  return { reading, clock, log, asked };
}

const denied = () => Object.assign(new Error("not authorized to perform"), { name: "AccessDeniedException" });

describe("readSecrets", () => {
  it("reads whole values and keys of JSON, each secret once", async () => {
    const value = JSON.stringify({ user: "jobs", password: "p\nq", port: 5_432, tls: true });
    const references = {
      USER: `${secret}#user`,
      PASSWORD: `${secret}#password`,
      PORT: `${secret}#port`,
      TLS: `${secret}#tls`,
      ALL: secret,
      TOKEN: parameter,
    };
    const { reading, asked } = read(references, { [secret]: value, [parameter]: "" });
    expect(await reading).to.deep.equal({
      ...{ USER: "jobs", PASSWORD: "p\nq", PORT: "5432", TLS: "true", ALL: value },
      TOKEN: "",
    });
    expect(asked).to.deep.equal([secret, parameter]);
  });

  it("asks for nothing if there are none", async () => {
    expect(await read({}, {}).reading).to.deep.equal({});
  });

  it("tries again what is refused, since a right that was just given takes some seconds to count", async () => {
    const { reading, clock, log } = read({ TOKEN: parameter }, { [parameter]: [denied(), denied(), "value"] });
    await clock.advance(60_000);
    expect(await reading).to.deep.equal({ TOKEN: "value" });
    const retries = log.entries.filter(({ event }) => event === "secret-read-retried");
    expect(retries).to.have.length(2);
    expect(retries[0]!.fields).to.include({ secret: "TOKEN" });
  });

  it("names every variable that it can't read, once the tries are used up", async () => {
    const references = { TOKEN: parameter, PASSWORD: `${secret}#password`, USER: `${secret}#user` };
    const { reading, clock } = read(references, { [parameter]: denied(), [secret]: "{}" });
    const failure = rejection(reading);
    await clock.advance(600_000);
    const { message } = await failure;
    expect(message).to.include(`TOKEN could not be read from ${parameter}: not authorized to perform`);
    expect(message).to.include(
      `PASSWORD could not be read from ${secret}#password: expected a text at the key password`,
    );
    expect(message)
      .to.include("the secret USER could not be read")
      .and.match(/^The secret /);
  });

  const unusable: [string, string][] = [
    ["no JSON", "marker"],
    ["half of it", '{"password": "marker'],
    ["another kind of JSON", '["marker"]'],
    ["an object at the key", '{"password": {"is": "marker"}}'],
    ["null at the key", '{"password": null, "other": "marker"}'],
    ["nothing at the key", '{"Password": "marker"}'],
    ["what only looks like a key", "{}"],
    ["a NUL", '{"password": "marker\\u0000"}'],
  ];
  for (const [what, value] of unusable) {
    it(`says what is wrong with ${what}, and not what the value is`, async () => {
      const key = what.startsWith("what only") ? "toString" : "password";
      const { reading } = read({ PASSWORD: `${secret}#${key}` }, { [secret]: value });
      const { message } = await rejection(reading);
      expect(message).to.match(/^The secret PASSWORD could not be read from arn:.*: expected /);
      expect(message).not.to.include("marker");
    });
  }
});

describe("a worker with secrets that doesn't start", () => {
  let folder: string;
  let server: Server;
  let endpoint: string;
  const value = JSON.stringify({ password: "marker-of-the-secret" });

  before(async () => {
    await buildWorker();
    folder = await mkdtemp(path.join(tmpdir(), "secretive handlers "));
    const text = "throw new Error(`the login ${process.env.PASSWORD} fails`);";
    await writeFile(path.join(folder, "echo.js"), text);
    server = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "application/x-amz-json-1.1" });
      response.end(JSON.stringify({ ARN: secret, Name: "db", SecretString: value }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(expectNoWorkers);

  async function problemOf(reference: string): Promise<Record<string, unknown>> {
    const worker = new WorkerProcess({
      ...encodeWorkerSettings({ ...settings, secrets: { PASSWORD: reference } }),
      WORKER_PROCESSORS_DIR: folder,
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    });
    expect((await worker.exited).code).to.equal(1);
    expect(JSON.stringify(worker.events) + worker.errorOutput).not.to.include("marker");
    const event = worker.events.find((each) => each.event === "worker-not-started");
    return event!.error as Record<string, unknown>;
  }

  it("says which one it can't read", async () => {
    expect(await problemOf(`${secret}#user`)).to.include({
      message: `The secret PASSWORD could not be read from ${secret}#user: expected a text at the key user, got none`,
    });
  });

  it("says why its handler can't be loaded, without the value", async () => {
    expect((await problemOf(`${secret}#password`)).message).to.equal("the login *** fails");
  });
});
