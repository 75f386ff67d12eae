import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { packageRoot } from "../../../contract/packageRoot";
import { isRunning, until } from "../../local-cloud/support";
import { descendants } from "../support/processes";

const root = packageRoot();
const command = (name: string) => join(root, "dist", "demo", `${name}.js`);

interface Addresses {
  url: string;
  endpoint: string;
  region: string;
  queues: Record<string, string>;
  deadLetterQueues: Record<string, string>;
  unroutableQueue: string;
  topicArn: string;
  bucket: string;
  table: string;
  groups: Record<string, string>;
  credentials: { accessKeyId: string; secretAccessKey: string };
  token: string;
}

describe("npm start", () => {
  let child: ChildProcess;
  let addresses: Addresses;
  let s3: S3Client;

  before(async () => {
    child = spawn(process.execPath, [command("start"), "--json"], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
    const [line] = (await once(createInterface(child.stdout!), "line")) as [string];
    addresses = JSON.parse(line) as Addresses;
    const { endpoint, region, credentials } = addresses;
    s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  });

  after(() => {
    s3?.destroy();
    child?.kill("SIGKILL");
  });

  const put = (Key: string, Body: string | Buffer) =>
    s3.send(new PutObjectCommand({ Bucket: addresses.bucket, Key, Body }));

  /** Submits a job and asks after it until it ends. */
  async function run(type: string, payload: unknown): Promise<Record<string, unknown>> {
    const response = await fetch(`${addresses.url}jobs`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ type, payload }),
    });
    expect(response.status).to.equal(202);
    const location = new URL(response.headers.get("location")!, addresses.url);
    let job: Record<string, unknown> = {};
    const look = async () => {
      job = (await (await fetch(location)).json()) as typeof job;
      return ["succeeded", "failed"].includes(String(job.state));
    };
    await until(look, () => `the end of ${type}: ${JSON.stringify(job)}`);
    return job;
  }

  it("prints where everything is", () => {
    const keys = ["url", "endpoint", "region", "queues", "deadLetterQueues", "unroutableQueue", "topicArn", "bucket"];
    expect(addresses).to.include.keys(...keys, "table", "groups", "credentials");
    for (const byType of [addresses.queues, addresses.deadLetterQueues, addresses.groups]) {
      expect(byType).to.have.all.keys("word-count", "checksum", "thumbnail");
    }
    expect(new URL(addresses.url).hostname).to.equal("127.0.0.1");
    expect(new URL(addresses.endpoint).hostname).to.equal("127.0.0.1");
  });

  it("takes calls of any AWS client with the addresses it printed", async () => {
    const { endpoint, region, credentials } = addresses;
    const sqs = new SQSClient({ endpoint, region, credentials });
    for (const QueueUrl of [...Object.values(addresses.queues), addresses.unroutableQueue]) {
      const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
      expect(Attributes).to.include({ MessageRetentionPeriod: "1209600" });
    }
    sqs.destroy();
  });

  it("counts words, of a text and of an object", async () => {
    const text = "To be, or not to be: that is the question.\nWhether 'tis nobler";
    const inline = await run("word-count", { text });
    expect(inline.result).to.deep.include({ words: 13, lines: 2, characters: text.length });
    await put("texts/hamlet.txt", text);
    const stored = await run("word-count", { input: `s3://${addresses.bucket}/texts/hamlet.txt` });
    expect(stored.result).to.deep.equal(inline.result);
  });

  it("computes checksums", async () => {
    const job = await run("checksum", { text: "abc" });
    expect(job.result).to.deep.equal({
      sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      bytes: 3,
    });
  });

  it("makes thumbnails", async () => {
    await put("pictures/pipeline.png", readFileSync(join(root, "docs", "pictures", "pipeline.png")));
    const output = `s3://${addresses.bucket}/small/pipeline.webp`;
    const job = await run("thumbnail", { input: `s3://${addresses.bucket}/pictures/pipeline.png`, width: 100, output });
    expect(job.result).to.deep.include({ width: 100, height: 35, output });
    const { ContentLength } = await s3.send(
      new GetObjectCommand({ Bucket: addresses.bucket, Key: "small/pipeline.webp" }),
    );
    expect((job.result as { bytes: number }).bytes).to.equal(ContentLength);
  });

  it("reports the error of a poison job", async () => {
    await put("texts/not-a-picture.png", "words, no pixels");
    const input = `s3://${addresses.bucket}/texts/not-a-picture.png`;
    const job = await run("thumbnail", { input, width: 100 });
    expect(job.state).to.equal("failed");
    expect((job.error as { message: string }).message).to.match(/picture|image/i);
    const missing = await run("word-count", { input: `s3://${addresses.bucket}/texts/missing.txt` });
    expect((missing.error as { message: string }).message).to.include("missing.txt");
  });

  it("leaves no process and no port behind on Ctrl-C", async () => {
    const children = descendants(child.pid!);
    expect(children.length).to.be.greaterThan(3);
    const ports = [addresses.url, addresses.endpoint].map((url) => Number(new URL(url).port));
    child.kill("SIGINT");
    const [code] = (await once(child, "exit")) as [number];
    expect(code).to.equal(0);
    await until(() => children.every((pid) => !isRunning(pid)));
    for (const port of ports) expect(await isOpen(port), `port ${port}`).to.be.false;
  });
});

describe("npm start, when killed", () => {
  it("leaves no process behind", async () => {
    const child = spawn(process.execPath, [command("start"), "--json"], {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(createInterface(child.stdout), "line")) as [string];
    const { url, token } = JSON.parse(line) as Addresses;
    const body = JSON.stringify({ type: "checksum", payload: { text: "a" } });
    await fetch(`${url}jobs`, { method: "POST", headers: { "content-type": "application/json" }, body });
    const headers = { authorization: `Bearer ${token}` };
    const worker = await until(async () => {
      const answer = (await (await fetch(`${url}_local/instances`, { headers })).json()) as {
        instances: { pid?: number }[];
      };
      return answer.instances[0]?.pid;
    });
    const children = descendants(child.pid!);
    expect(children).to.include(worker);
    child.kill("SIGKILL");
    await until(() => children.every((pid) => !isRunning(pid)));
  });
});

describe("npm start, misused", () => {
  const refusal = (...args: string[]) =>
    new Promise<{ code: number; stderr: string }>((resolve) => {
      execFile(process.execPath, [command("start"), ...args], { cwd: root }, (error, _stdout, stderr) => {
        resolve({ code: Number(error?.code ?? 0), stderr });
      });
    });

  it("says which stack file is missing", async () => {
    const { code, stderr } = await refusal("--stack", "prod");
    expect(code).to.equal(1);
    expect(stderr).to.include("Pulumi.prod.yaml");
  });

  it("says that a port is invalid or taken", async () => {
    expect((await refusal("--port", "80a")).stderr).to.include("Expected a port");
    const { createServer } = await import("node:net");
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const { code, stderr } = await refusal("--port", String(port));
    server.close();
    expect(code).to.equal(1);
    expect(stderr).to.include(String(port));
  });

  it("says everything that is wrong with a stack's processors", async () => {
    const file = join(root, "Pulumi.wrong.yaml");
    const processors = `[{ name: A, handler: x }, { name: b, handler: x, slots: many }, { name: b, handler: x }]`;
    writeFileSync(file, `config:\n  batch-job-processor:processors: ${processors}\n`);
    try {
      const { code, stderr } = await refusal("--stack", "wrong");
      expect(code).to.equal(1);
      for (const path of ["processors[0].name", "processors[1].slots", "processors[2].name"]) {
        expect(stderr).to.include(path);
      }
    } finally {
      rmSync(file);
    }
  });
});

describe("npm run demo", () => {
  it("runs the files that the person names, saves thumbnails and sums up", () => {
    const folder = mkdtempSync(join(tmpdir(), "demo "));
    try {
      const text = join(folder, "a text.txt");
      writeFileSync(text, "one two two");
      const picture = join(root, "docs", "pictures", "dunes.webp");
      const out = join(folder, "out");
      const args = [command("demo"), text, picture, "--json", "--out", out, "--width", "64"];
      const summary = JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" })) as {
        submitted: number;
        jobs: { type: string; result: object }[];
      };
      expect(summary).to.include({ submitted: 4, succeeded: 4, failed: 0 });
      expect(summary).to.have.property("seconds").that.is.a("number");
      expect(summary.jobs.find(({ type }) => type === "word-count")!.result).to.deep.include({ words: 3 });
      expect(existsSync(join(out, "2-dunes-64.webp"))).to.be.true;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("fails with the reason when a job fails, and when a file can't be read", () => {
    const folder = mkdtempSync(join(tmpdir(), "demo "));
    try {
      const broken = join(folder, "broken.png");
      writeFileSync(broken, "no picture");
      const failure = (...args: string[]) => {
        try {
          execFileSync(process.execPath, [command("demo"), ...args], { cwd: root, encoding: "utf8", stdio: "pipe" });
        } catch (error) {
          return error as { status: number; stderr: string; stdout: string };
        }
        throw new Error("Expected the demo to fail");
      };
      const failed = failure(broken, "--json");
      expect(failed.status).to.equal(1);
      expect(JSON.parse(failed.stdout)).to.include({ submitted: 2, succeeded: 1, failed: 1 });
      expect(failed.stderr).to.match(/thumbnail of broken\.png: .+/);
      expect(failure(join(folder, "none.txt")).stderr).to.include("none.txt");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("refuses an invalid width or time before it starts anything", () => {
    for (const args of [
      ["--width", "abc"],
      ["--width", "-1"],
      ["--width", "5000"],
      ["--timeout", "abc"],
      ["--timeout", "0"],
    ]) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [command("demo"), ...args], { encoding: "utf8" });
      expect(status, args.join(" ")).to.equal(1);
      expect(stdout).to.equal("");
      expect(stderr).to.match(/argument '.*' is invalid\. Expected/);
    }
  });

  it("ends quietly when its output is closed", async () => {
    const args = [command("demo"), join(root, "LICENSE")];
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let errors = "";
    child.stderr.on("data", (chunk) => (errors += String(chunk)));
    await once(createInterface(child.stdout), "line");
    const ended = once(child, "close");
    child.stdout.destroy();
    const [status] = (await ended) as [number | null];
    expect(errors).to.equal("Bringing up the stack dev …\n");
    expect(status).to.equal(0);
  });

  it("saves the thumbnail of a file whose name has a line break", () => {
    const folder = mkdtempSync(join(tmpdir(), "demo "));
    try {
      const picture = join(folder, "two\nlines.webp");
      copyFileSync(join(root, "docs", "pictures", "dunes.webp"), picture);
      const args = [command("demo"), picture, "--json", "--out", folder, "--width", "64"];
      execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" });
      expect(existsSync(join(folder, "1-two\nlines-64.webp"))).to.be.true;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
      .on("connect", () => {
        socket.destroy();
        resolve(true);
      })
      .on("error", () => resolve(false));
  });
}
