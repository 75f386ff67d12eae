import { cp, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { createServer, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { until } from "../../support/until";
import { buildWorker, distFolder, fixturesFolder, imageFolder } from "../helpers/build";
import { createJobWorld, type JobWorld } from "../helpers/jobWorld";
import { expectNoWorkers, WorkerProcess } from "../helpers/workerProcess";

describe("The export of spans", () => {
  let world: JobWorld;
  let folder: string;
  let server: Server | undefined;
  let receiverElsewhere: string;

  before(async () => {
    await buildWorker();
    world = await createJobWorld();
    folder = await mkdtemp(path.join(tmpdir(), "traces-"));
  });
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    server = undefined;
    return expectNoWorkers();
  });
  after(async () => {
    await world.close();
    await rm(folder, { recursive: true });
  });

  /** A receiver that answers as it is told, and the requests that it had. */
  async function receiver(answer: (response: ServerResponse) => void) {
    const bodies: string[] = [];
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        bodies.push(body);
        answer(response);
      });
    });
    await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
    return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies };
  }

  /** Runs a job in a worker that exports to the endpoint, and returns the worker, once the job has succeeded. */
  async function runJob(tracesEndpoint?: string, main?: string) {
    const { settings, environment } = await world.createProcessor({ handler: "versatile", tracesEndpoint });
    const id = await world.submit(settings, { do: "return", value: 1 });
    const worker = new WorkerProcess({ ...environment, WORKER_PROCESSORS_DIR: fixturesFolder }, main);
    await world.recordThat(id, ({ state }) => state === "succeeded");
    return { worker, id };
  }

  /** Calls to AWS that a worker makes for one job, but for its polls, by the services' own names. */
  async function callsOf(tracesEndpoint?: string): Promise<string[]> {
    const calls: string[] = [];
    const { settings, environment } = await world.createProcessor({ handler: "versatile", tracesEndpoint });
    const variables = environment as Record<string, string>;
    const relays = [variables.AWS_ENDPOINT_URL!, variables.AWS_ENDPOINT_URL_DYNAMODB!].map(async (endpoint) => {
      const relay = createServer((incoming, response) => {
        calls.push(String(incoming.headers["x-amz-target"]));
        const { method, headers } = incoming;
        const outgoing = request(new URL(incoming.url!, endpoint), { method, headers }, (answer) => {
          response.writeHead(answer.statusCode!, answer.headers);
          answer.pipe(response);
        });
        outgoing.on("error", () => response.destroy());
        incoming.pipe(outgoing);
      });
      await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
      return { relay, from: new URL(endpoint).host, to: `127.0.0.1:${(relay.address() as AddressInfo).port}` };
    });
    const open = await Promise.all(relays);
    // URLs of queues name the host, too.
    const relayed = Object.entries(variables).map(([name, value]) => [
      name,
      open.reduce((text, { from, to }) => text.replaceAll(from, to), value),
    ]);
    const id = await world.submit(settings, { do: "return", value: 1 });
    // A receiver that the environment names is none of the processor's.
    const named = { OTEL_EXPORTER_OTLP_ENDPOINT: receiverElsewhere, WORKER_PROCESSORS_DIR: fixturesFolder };
    const worker = new WorkerProcess({ ...(Object.fromEntries(relayed) as typeof environment), ...named });
    await world.recordThat(id, ({ state }) => state === "succeeded");
    await end(worker);
    for (const { relay } of open) {
      relay.closeAllConnections();
      relay.close();
    }
    return calls.filter((call) => !call.endsWith(".ReceiveMessage")).sort();
  }

  async function end(worker: WorkerProcess): Promise<void> {
    worker.kill("SIGTERM");
    expect(await worker.exited).to.deep.equal({ code: 0, signal: null });
    expect(worker.errorOutput).to.equal("");
  }

  it("loads nothing where it is off: the worker needs no file with OpenTelemetry", async () => {
    await cp(distFolder, path.join(folder, "dist"), { recursive: true });
    await rm(path.join(folder, "dist/openTraces.js"));
    await symlink(path.join(imageFolder, "../node_modules"), path.join(folder, "node_modules"));
    const main = path.join(folder, "dist/main.js");
    const { worker } = await runJob(undefined, main);
    await end(worker);
    expect(await readFile(main, "utf8")).not.to.include("@opentelemetry/");
  });

  it("makes no call more where it is off, and none to a receiver that the environment names", async () => {
    const { endpoint, bodies } = await receiver((response) => response.end("{}"));
    receiverElsewhere = endpoint;
    const off = await callsOf();
    expect(bodies).to.deep.equal([]);
    expect(off).to.include("AmazonSQS.DeleteMessageBatch").and.include("DynamoDB_20120810.UpdateItem");
    expect(await callsOf(endpoint)).to.deep.equal(off);
    expect(bodies.join("")).to.include("attempt echo");
  });

  it("sends what is left when the worker ends", async () => {
    const { endpoint, bodies } = await receiver((response) => response.end("{}"));
    const { worker, id } = await runJob(endpoint);
    await end(worker);
    expect(bodies.join("")).to.include(id).and.include("attempt echo");
  });

  it("fails no job, and says why once", async () => {
    const { endpoint, bodies } = await receiver((response) => response.writeHead(401).end());
    const { worker } = await runJob(endpoint);
    const line = await worker.event("traces-not-exported");
    expect(bodies.length).to.be.at.least(1);
    expect(line).to.include({ level: "warn" });
    expect(line.reason).to.include("401");
    await end(worker);
    expect(worker.events.filter(({ event }) => event === "traces-not-exported")).to.have.length(1);
  });

  it("keeps no worker from its end: a receiver that doesn't answer is given up", async () => {
    const { endpoint, bodies } = await receiver(() => undefined);
    const { worker } = await runJob(endpoint);
    await until(() => bodies.length > 0);
    await end(worker);
    // The export itself would have ended with a timeout, and its line.
    expect(worker.events.map(({ event }) => event)).not.to.include("traces-not-exported");
  });
});
