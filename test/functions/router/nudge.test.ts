import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { encodeEnvelope } from "../../../contract/messages/envelope";
import { invokeScaler } from "../../../functions/router/invokeScaler";
import { createNudge } from "../../../functions/router/nudge";
import { copyEnvironment, restoreEnvironment } from "../../support/environment";
import { FakeRouter } from "../support/fakeRouter";
import { type LogLine, logTo } from "../support/logTo";

const job = (id: string, type = "word-count") => ({
  version: 1 as const,
  id,
  type,
  payload: {},
  submittedAt: "2026-11-02T10:00:00.000Z",
});

describe("nudge", () => {
  let seconds: number;
  let told: Record<string, number>[];
  let lines: LogLine[];
  let isRefused: boolean;
  let nudge: ReturnType<typeof createNudge>;

  beforeEach(() => {
    seconds = 1_000;
    told = [];
    lines = [];
    isRefused = false;
    nudge = createNudge({
      invoke: async (sent) => {
        if (isRefused) throw new Error("refused");
        told.push(sent);
      },
      now: () => seconds * 1_000,
      log: logTo(lines),
    });
  });

  it("is sent at once, and then every 5 s with the counts since", async () => {
    await nudge({ a: 1 });
    seconds += 2;
    await nudge({ a: 2 });
    seconds += 2;
    await nudge({ a: 3 });
    expect(told).to.deep.equal([{ a: 1 }]);
    seconds += 1;
    await nudge({ a: 1 });
    expect(told).to.deep.equal([{ a: 1 }, { a: 6 }]);
  });

  it("is sent at once for a type without a recent nudge, with the counts kept of others", async () => {
    await nudge({ a: 1 });
    await nudge({ a: 2 });
    await nudge({ b: 1 });
    await nudge({ a: 1, b: 1 });
    expect(told).to.deep.equal([{ a: 1 }, { a: 2, b: 1 }]);
  });

  it("is not due where nothing was sent", async () => {
    await nudge({});
    expect(told).to.deep.equal([]);
  });

  it("that fails is logged as a warning, and its counts are sent with the next", async () => {
    isRefused = true;
    await nudge({ a: 1 });
    expect(lines).to.deep.equal([
      {
        level: "warn",
        event: "scaler-not-nudged",
        fields: { jobTypes: ["a"], error: { name: "Error", message: "refused" } },
      },
    ]);
    isRefused = false;
    seconds += 3;
    await nudge({ a: 2 });
    expect(told).to.deep.equal([]);
    await nudge({ b: 1 });
    expect(told).to.deep.equal([{ a: 3, b: 1 }]);
  });

  it("drops counts that are seconds old, which SQS counts by then: sent again, they would launch instances for nothing", async () => {
    await nudge({ a: 1 });
    seconds += 1;
    await nudge({ a: 500 });
    seconds += 5;
    await nudge({ a: 1 });
    expect(told).to.deep.equal([{ a: 1 }, { a: 1 }]);
  });
});

describe("routeJobs with a nudge", () => {
  it("sends the number of jobs of each type, once all are sent", async () => {
    let atNudge = 0;
    let told: Record<string, number> | undefined;
    const router: FakeRouter = new FakeRouter({
      nudge: async (sent) => {
        atNudge = router.sent.length;
        told = sent;
      },
    });
    await router.route(JSON.stringify([job("1"), job("2"), job("3", "checksum"), job("4", "none")]), "nonsense");
    expect(told).to.deep.equal({ "word-count": 2, checksum: 1 });
    expect(atNudge).to.equal(5);
  });

  it("leaves out what could not be sent, and fails as it does without a nudge", async () => {
    let told: Record<string, number> | undefined;
    const router: FakeRouter = new FakeRouter({
      nudge: async (sent) => void (told = sent),
      sendBatch: (queueUrl, messages) =>
        queueUrl.endsWith("checksum")
          ? Promise.reject(new Error("no"))
          : Promise.resolve(messages.map(() => undefined)),
    });
    const error = await router.route(JSON.stringify([job("1"), job("2", "checksum")]));
    expect(error).to.be.an("error");
    expect(told).to.deep.equal({ "word-count": 1 });
  });

  it("routes jobs though the nudge fails", async () => {
    const lines: string[] = [];
    const nudge = createNudge({
      invoke: () => Promise.reject(new Error("throttled")),
      now: () => 1,
      log: (_level, event) => void lines.push(event),
    });
    const router = new FakeRouter({ nudge });
    expect(await router.route(encodeEnvelope(job("1")))).to.equal(undefined);
    expect(router.sent).to.have.length(1);
    expect(lines).to.deep.equal(["scaler-not-nudged"]);
  });
});

describe("invokeScaler", () => {
  const environment = copyEnvironment();
  let server: Server;
  let requests: { url?: string; type?: string; body: string }[];
  let answers: boolean;

  beforeEach(async () => {
    requests = [];
    answers = true;
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        requests.push({ url: request.url, type: request.headers["x-amz-invocation-type"] as string, body });
        if (answers) response.writeHead(202).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    Object.assign(process.env, { AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" });
  });
  afterEach(async () => {
    restoreEnvironment(environment);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it("passes the counts on without waiting for the scaler's run", async () => {
    await invokeScaler("scaler")({ a: 3 });
    expect(requests).to.deep.equal([
      { url: "/2015-03-31/functions/scaler/invocations", type: "Event", body: '{"sent":{"a":3}}' },
    ]);
  });

  it("gives up after a second, and doesn't try again", async () => {
    answers = false;
    const start = Date.now();
    const outcome = await invokeScaler("scaler")({ a: 1 }).catch((error: Error) => error);
    expect(outcome).to.be.an("error");
    expect(Date.now() - start).to.be.at.least(900);
    expect(requests).to.have.length(1);
  });
});
