import { cp, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { until } from "../../support/until";
import { buildWorker, distFolder, fixturesFolder, imageFolder } from "../support/build";
import { createJobWorld, type JobWorld } from "../support/jobWorld";
import { expectNoWorkers, WorkerProcess } from "../support/workerProcess";

describe("The export of spans", () => {
  let world: JobWorld;
  let folder: string;
  let server: Server | undefined;

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
