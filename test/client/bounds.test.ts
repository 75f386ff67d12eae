import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { mock } from "node:test";
import { expect } from "chai";
import { Inactivity } from "../../client/connection/inactivity";
import { loadSqs } from "../../client/deadLetters/sqs";
import { type Failover, JobClient } from "../../client/index";
import { limits } from "../../contract/limits";
import { rejection } from "../local-cloud/support";
import { withEnvironment } from "./environment";
import { type CannedAnswer, type CannedApi, startCannedApi } from "./support";

const upload = { headers: {}, expiresAt: "2026-11-24T00:00:00.000Z" };
const accepted = { status: 202, body: { id: "a", type: "t", state: "queued" } };
const large = "a".repeat(limits.maxPayloadBytes);

describe("the bounds of a client's calls", () => {
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close();
  });

  async function apiWith(answer: (path: string) => CannedAnswer): Promise<CannedApi> {
    const api = await startCannedApi(({ path }) => answer(path));
    open.push(api);
    return api;
  }

  /** A bucket at whose URLs the function answers, or doesn't. */
  async function bucketWith(answer: (response: ServerResponse, request: AsyncIterable<Buffer>) => unknown) {
    const server: Server = createServer((request, response) => void answer(response, request));
    await once(server.listen(0, "127.0.0.1"), "listening");
    open.push({ close: () => (server.closeAllConnections(), server.close()) });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  const impatient = { requestTimeoutSeconds: 0.3, maxAttempts: 1 };
  const submitTo = (bucket: string, times: number) => async (more: object) => {
    const api = await apiWith((path) => (path === "/uploads" ? { body: { ...upload, url: bucket } } : accepted));
    return new JobClient({ url: api.url, ...more }).submit("t", large.repeat(times));
  };
  const resultFrom = (bucket: string, bytes: number) => async (more: object) => {
    const sha256 = createHash("sha256").update("1".repeat(bytes)).digest("hex");
    const resultRef = { url: bucket, bytes, sha256, expiresAt: upload.expiresAt };
    const job = { id: "a", type: "t", state: "succeeded", attempts: 1, submittedAt: upload.expiresAt, resultRef };
    const api = await apiWith(() => ({ body: job }));
    return new JobClient({ url: api.url, ...more }).get("a");
  };

  it("end a transfer in which nothing moves: an upload that isn't read, or not answered, a result that stops", async () => {
    const never = await bucketWith(() => undefined);
    const mute = await bucketWith(async (_response, request) => {
      for await (const piece of request) expect(piece).not.to.equal(undefined);
    });
    const stopping = await bucketWith((response) => response.writeHead(200, { "content-length": 9 }).write("1"));
    for (const call of [submitTo(never, 50), submitTo(mute, 1), resultFrom(never, 9), resultFrom(stopping, 9)]) {
      const error = await rejection(call(impatient));
      expect(error).to.have.property("name", "ConnectionError");
      expect(error.message).to.match(/^Could not reach .*: nothing moved for 0.3 s$/);
    }
  });

  it("let a transfer that moves take longer than that", async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      const inactivity = new Inactivity(1_000);
      let count = 0;
      for await (const piece of inactivity.watch(Array.from({ length: 9 }, () => Buffer.from("1")))) {
        mock.timers.tick(999);
        count += piece.length;
      }
      mock.timers.tick(999);
      expect([count, inactivity.signal.aborted]).to.deep.equal([9, false]);
      mock.timers.tick(1);
      expect(inactivity.signal.aborted).to.equal(true);
    } finally {
      mock.timers.reset();
    }
  });

  it("make a bucket that hangs a reason to change over", async () => {
    const never = await bucketWith(() => undefined);
    const well = await bucketWith((response) => response.end());
    const [first, second] = await Promise.all(
      [never, well].map((url) => apiWith((path) => (path === "/uploads" ? { body: { ...upload, url } } : accepted))),
    );
    const changes: Failover[] = [];
    const onFailover = (change: Failover) => changes.push(change);
    const client = new JobClient({ url: [first!.url, second!.url], failoverAfterSeconds: 0.5, onFailover });
    expect(await client.submit("t", large)).to.include({ url: second!.url });
    expect(changes[0]!.reason!.message).to.include("nothing moved for");
  });

  it("hold for tokens and credentials too, which may come from a region that is lost", async () => {
    const [first, second] = await Promise.all([apiWith(() => accepted), apiWith(() => accepted)]);
    const never = new Promise<never>(() => undefined);
    const token = (url: string) => (url === first.url ? never : "t");
    const client = new JobClient({ url: [first.url, second.url], failoverAfterSeconds: 0.5, token });
    expect(await client.submit("t", 1)).to.include({ url: second.url });
    expect(first.requests).to.deep.equal([]);
    const credentials = () => never;
    const signed = new JobClient({ url: first.url, authorization: "iam", region: "a", credentials, ...impatient });
    expect(await rejection(signed.types())).to.have.property(
      "message",
      `Could not call ${first.url.slice(0, -1)}: no credentials or token within 0.3 s`,
    );
    const reason = new Error("enough");
    expect(await rejection(signed.types({ signal: AbortSignal.abort(reason) }))).to.equal(reason);
  });

  it("end a call of SQS", async () => {
    let calling = () => undefined as void;
    const isCalled = new Promise<void>((resolve) => (calling = resolve));
    const { url } = await apiWith(() => (calling(), "hang"));
    const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
    await withEnvironment({ AWS_MAX_ATTEMPTS: "1" }, async () => {
      const { client, PurgeQueueCommand } = await loadSqs(`${url}1/q`, new URL(url), credentials);
      mock.timers.enable({ apis: ["setTimeout"] });
      try {
        const failing = rejection(client.send(new PurgeQueueCommand({ QueueUrl: `${url}1/q` })));
        await isCalled;
        mock.timers.tick(10_000);
        expect(await failing).to.have.property("name", "TimeoutError");
      } finally {
        mock.timers.reset();
      }
    });
  });

  it("are those of all that client and command line send, and of the programs that they ask", () => {
    const sends =
      /node:child_process|\bfetch\)?\(|https?\.request\(|\bconnect\(|new (?!JobClient)[\w.]*Client\(\{|Provider\(\{/;
    const senders = ["client", "cli"].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".ts") && !/node_modules|dist/.test(name))
        .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
        .filter((file) => sends.test(readFileSync(file, "utf8"))),
    );
    expect(senders.sort()).to.deep.equal([
      "cli/consoleProxy/logIn.ts", // openid-client ends its requests after 30 s.
      "cli/findApi.ts", // Pulumi's CLI is ended after 60 s, and by Ctrl-C.
      "cli/init/ownPackage.ts", // npm packs what is here already.
      "cli/init/program.ts", // npm says how far it is, on the terminal, and Ctrl-C ends it with us.
      "cli/local/openInBrowser.ts", // Nothing waits for the browser.
      "client/connection/connection.ts",
      "client/connection/credentials.ts",
      "client/deadLetters/sqs.ts",
    ]);
  });
});
