import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { JobClient } from "../../../client/index";
import { runCli } from "../../cli/support";
import { createHandlers, type Handlers, type Journey, startJourney } from "../support/stack";

const megabytes = 50;
/** JSON of fifty megabytes; texts that repeat would show no mistake in their order. */
const rows = Array.from({ length: megabytes * 16_384 }, (_, row) => `${row}:${"x".repeat(53)}`);

const sha256 = (text: string | Buffer) => createHash("sha256").update(text).digest("hex");

/** Says what it got. */
const seen = `
const text = JSON.stringify(job.payload);
return { bytes: Buffer.byteLength(text), sha256: require("node:crypto").createHash("sha256").update(text).digest("hex") };`;

const seenFile = `
if (job.payload !== undefined) throw new Error("Expected no payload beside the file");
const bytes = require("node:fs").readFileSync(job.payloadFile);
return { bytes: bytes.length, sha256: require("node:crypto").createHash("sha256").update(bytes).digest("hex"), isOwn: job.payloadFile.startsWith(context.directory) };`;

/** Writes its result into the file, and prints what isn't it. */
const filed = `import os, json; open(os.environ["JOB_RESULT_FILE"], "w").write(json.dumps({"text": "y" * 3000000})); print("{}")`;

const printed = 'import json; print(json.dumps({"level": "info"})); print(json.dumps(["z" * 3000000]))';

const torn = `import os; open(os.environ["JOB_RESULT_FILE"], "w").write('["' + "y" * 3000000)`;

describe("large values", () => {
  let handlers: Handlers;
  let journey: Journey;
  let client: JobClient;
  let folder: string;
  let file: string;
  const text = JSON.stringify({ rows });
  const wanted = { bytes: Buffer.byteLength(text), sha256: sha256(text) };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "large-"));
    file = join(folder, "payload.json");
    writeFileSync(file, text);
    handlers = createHandlers({
      ...{ seen, "seen-file": seenFile, echo: "return job.payload" },
      huge: 'return "x".repeat(1e8)',
    });
    const schema = { type: "object", properties: { rows: { type: "array", items: { type: "string" } } } };
    const brief = { backoffSeconds: 0.1, maxAttempts: 2, minInstances: 1 };
    const count =
      'import sys, json; job = json.load(sys.stdin); print(json.dumps({"rows": len(job["payload"]["rows"])}))';
    const size = 'import os, json; print(json.dumps({"bytes": os.stat(os.environ["JOB_PAYLOAD_FILE"]).st_size}))';
    journey = await startJourney(
      [
        { name: "seen", handler: "seen", payloadSchema: schema, ...brief },
        { name: "seen-file", handler: "seen-file", payloads: "file", ...brief },
        { name: "counted", command: ["python3", "-c", count], ...brief },
        { name: "sized", command: ["python3", "-c", size], payloads: "file", ...brief },
        { name: "echo", handler: "echo", ...brief },
        { name: "huge", handler: "huge", ...brief },
        ...Object.entries({ filed, printed, torn }).map(([name, script]) => ({
          ...{ name, command: ["python3", "-c", script], ...brief },
        })),
      ],
      handlers,
    );
    client = new JobClient({ url: journey.url });
  });

  after(async () => {
    await journey?.stop();
    handlers?.remove();
    rmSync(folder, { recursive: true });
  });

  const objects = () =>
    [...journey.cloud.messaging.keys()].flatMap(([bucket, keys]) => (bucket.includes("large-values") ? keys : []));

  it("go in by the client, three times as one object, and another payload under the id is refused", async () => {
    const id = randomUUID();
    for (let times = 0; times < 3; times++) await client.submit("seen", { rows }, { id });
    const other = client.submit("seen", { rows: [...rows, "one more"] }, { id });
    expect(await other.catch((error: unknown) => error)).to.have.property("code", "conflict");
    expect((await client.wait(id)).result).to.deep.equal(wanted);
    const keys = objects().filter((key) => key.includes(id));
    expect(keys).to.include(`d42/payloads/seen/${id}/${wanted.sha256}`).and.have.length(2);
  });

  it("go in by the command line, from a file", async () => {
    const { stdout } = await runCli(["--url", journey.url, "--json", "submit", "seen", "--file", file, "--wait"]);
    expect((JSON.parse(stdout) as { result: unknown }).result).to.deep.equal(wanted);
  });

  it("go in by curl", async () => {
    const id = randomUUID();
    const { body: upload } = await journey.call("POST", "/uploads", { type: "seen", id, ...wanted });
    const headers = Object.entries(upload.headers as object).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
    const sent = ["-sf", "-T", file, ...headers, upload.url as string];
    const early = await journey.call("POST", "/jobs", { type: "seen", id, payloadRef: wanted });
    expect(early.body).to.include({ status: 422, code: "blob-missing" });
    await promisify(execFile)("curl", sent);
    const wrong = await journey.call("POST", "/jobs", { type: "seen", id, payloadRef: { ...wanted, bytes: 7 } });
    expect(wrong.body).to.include({ status: 422, code: "blob-mismatch" });
    const { status } = await journey.call("POST", "/jobs", { type: "seen", id, payloadRef: wanted });
    expect(status).to.equal(202);
    expect((await client.wait(id)).result).to.deep.equal(wanted);
    const job = await client.get(id);
    const back = await promisify(execFile)("curl", ["-sf", job.payloadRef!.url], {
      ...{ encoding: "buffer", maxBuffer: 1e9 },
    });
    expect(sha256(back.stdout)).to.equal(wanted.sha256);
  });

  describe("within a request by curl", () => {
    /** A payload of so many bytes as JSON, of one character or its escape. */
    const filled = (bytes: number, character: string) => {
      const each = Buffer.byteLength(JSON.stringify(character)) - 2;
      const room = bytes - JSON.stringify({ rows: [""] }).length;
      return { rows: [character.repeat(Math.floor(room / each)) + "-".repeat(room % each)] };
    };

    async function send(id: string, payload: unknown) {
      const body = join(folder, "body.json");
      writeFileSync(body, JSON.stringify({ type: "seen", id, payload }));
      const request = [
        "-s",
        "-H",
        "content-type: application/json",
        "--data-binary",
        `@${body}`,
        `${journey.url}/jobs`,
      ];
      const { stdout } = await promisify(execFile)("curl", request);
      return JSON.parse(stdout) as Record<string, unknown>;
    }

    for (const [what, character] of [
      ["letters", "x"],
      ["quotes, which Lambda's event escapes once more", '"'],
      ["control characters", "\u0001"],
      ["line breaks", "\n"],
      ["characters of three bytes", "€"],
      ["halves of characters", "\ud800"],
    ] as const) {
      it(`go in whole, three million bytes of ${what}`, async () => {
        const id = randomUUID();
        const payload = filled(3_000_000, character);
        const ref = { bytes: 3_000_000, sha256: sha256(JSON.stringify(payload)) };
        expect(Buffer.byteLength(JSON.stringify(payload))).to.equal(ref.bytes);
        for (let times = 0; times < 2; times++) expect(await send(id, payload)).to.include({ id, type: "seen" });
        expect((await client.wait(id)).result).to.deep.equal(ref);
        expect((await client.get(id)).payloadRef).to.include(ref);
        expect(objects().filter((key) => key.includes(`/payloads/seen/${id}/`))).to.deep.equal([
          `d42/payloads/seen/${id}/${ref.sha256}`,
        ]);
        const other = await send(id, { rows: payload.rows.map((row) => row.slice(1)) });
        expect(other).to.include({ status: 409, code: "conflict" });
      });
    }

    it("are refused from a byte more, with the way in, and are what the type takes", async () => {
      const more = await send(randomUUID(), filled(3_000_001, "x"));
      expect(more).to.include({ status: 413, code: "payload-too-large" });
      expect(more.detail).to.include("at most 3000000 bytes of JSON, got 3000001").and.to.include("POST /uploads");
      const wrong = await send(randomUUID(), { rows: [...rows.slice(0, 9_000), 7] });
      expect(wrong).to.include({ status: 422, code: "invalid-payload" });
      expect(wrong.detail).to.include("/payload/rows/9000");
    });
  });

  it("wait in S3 if their job is far ahead and no schedule holds them, and are replayed from there", async () => {
    const payload = '"'.repeat(100_000);
    const runAt = new Date(Date.now() + 86_400_000);
    const { id } = await client.submit("echo", payload, { id: randomUUID(), runAt });
    expect((await client.submit("echo", payload, { id, runAt })).id).to.equal(id);
    expect((await client.cancel(id)).state).to.equal("cancelled");
    const again = await client.replay(id);
    expect((await client.wait(again)).result).to.equal(payload);
  });

  it("are files for handlers that want them, small ones too, and whatever is in them", async () => {
    const { id } = await client.submitFile("seen-file", file);
    expect((await client.wait(id)).result).to.deep.equal({ ...wanted, isOwn: true });
    const small = await client.submit("seen-file", { a: 1 });
    expect((await client.wait(small)).result).to.include({ bytes: 7, sha256: sha256('{"a":1}') });
    writeFileSync(join(folder, "bytes"), Buffer.from([0, 255, 254, 10]));
    const { id: raw } = await client.submitFile("seen-file", join(folder, "bytes"));
    expect((await client.wait(raw)).result).to.include({ bytes: 4 });
  });

  it("reach commands on standard input, or as a file", async () => {
    const { id } = await client.submitFile("counted", file);
    expect((await client.wait(id)).result).to.deep.equal({ rows: rows.length });
    const { id: sized } = await client.submitFile("sized", file);
    expect((await client.wait(sized)).result).to.deep.equal({ bytes: wanted.bytes });
  });

  it("fail the job for good if they aren't what the type takes", async () => {
    for (const [name, content, message] of [
      ["schema", JSON.stringify({ rows: [...rows.slice(0, 9_000), 7] }), /\/payload\/rows\/9000/],
      ["number", `{"rows": [], "n": 12345678901234567890, "x": "${"x".repeat(300_000)}"}`, /\/payload\/n/],
      ["text", `{"rows": [${" ".repeat(300_000)}`, /Expected JSON in UTF-8/],
    ] as const) {
      writeFileSync(join(folder, name), content);
      const { id } = await client.submitFile("seen", join(folder, name));
      const { state, error, attempts } = await client.wait(id);
      expect({ state, attempts, name: error?.name }).to.deep.equal({
        state: "failed",
        attempts: 1,
        name: "InvalidPayload",
      });
      expect(error?.message).to.match(message);
    }
  });

  it("are copied for a replay, and removed with the job's data", async () => {
    const { id } = await client.submit("seen", { rows });
    await client.wait(id);
    const { id: other } = await client.replay(id);
    expect((await client.wait(other)).result).to.deep.equal(wanted);
    await client.removeData(id);
    expect(objects().filter((key) => key.includes(id))).to.deep.equal([]);
    expect(objects().filter((key) => key.includes(other))).to.have.length(1);
    expect((await client.get(other)).payloadRef).to.include(wanted);
  });

  describe("of results", () => {
    let id: string;
    before(async () => ({ id } = await client.submit("echo", { rows })));

    it("come out by the client, and are in S3 under the type, the job and the claim", async () => {
      const ended = await client.wait(id);
      expect(sha256(JSON.stringify(ended.result))).to.equal(wanted.sha256);
      expect(ended.resultRef).to.include(wanted);
      const [key, ...more] = objects().filter((each) => each.includes(`/results/echo/${id}/`));
      expect(key).to.match(new RegExp(`^d42/results/echo/${id}/\\d+$`));
      expect(more).to.deep.equal([]);
      const left = await client.get(id, { result: false });
      expect(() => left.result).to.throw("The result of job");
    });

    it("come out by the command line", async () => {
      const { stdout } = await runCli(["--url", journey.url, "--json", "status", id]);
      expect(sha256(JSON.stringify((JSON.parse(stdout) as { result: unknown }).result))).to.equal(wanted.sha256);
      expect((await runCli(["--url", journey.url, "status", id])).stdout).to.include(`in S3, ${wanted.bytes} bytes`);
    });

    it("come out by curl", async () => {
      const { body } = await journey.call("GET", `/jobs/${id}`);
      const { url, ...ref } = body.resultRef as { url: string };
      expect(ref).to.include(wanted);
      const back = await promisify(execFile)("curl", ["-sf", url], { encoding: "buffer", maxBuffer: 1e9 });
      expect(sha256(back.stdout)).to.equal(wanted.sha256);
    });

    it("are removed with the job's data", async () => {
      await client.removeData(id);
      expect(objects().filter((key) => key.includes(id))).to.deep.equal([]);
      expect(await client.get(id)).to.not.have.property("resultRef");
    });

    it("come from commands, by a file or by their output, if they are JSON", async () => {
      const filed = await client.submit("filed", {});
      const printed = await client.submit("printed", {});
      const torn = await client.submit("torn", {});
      expect((await client.wait(filed)).result).to.deep.equal({ text: "y".repeat(3_000_000) });
      expect((await client.wait(printed)).result).to.deep.equal(["z".repeat(3_000_000)]);
      const { state, error, attempts } = await client.wait(torn);
      expect({ state, name: error?.name, attempts }).to.deep.equal({
        ...{ state: "failed", name: "ResultError", attempts: 1 },
      });
      expect(error?.message).to.match(/a text of 3000002 bytes, and it can't be read: .*Unterminated/);
    });

    it("fail no job, even beyond what is kept", async () => {
      const { state, resultOmitted } = await client.wait(await client.submit("huge", {}));
      expect({ state, ...resultOmitted }).to.include({ state: "succeeded", bytes: 100_000_002 });
      expect(resultOmitted!.reason).to.include("at most 100000000 are kept");
    });
  });
});
