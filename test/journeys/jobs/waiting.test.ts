import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import type { Waiting } from "../../../contract/records/waiting";
import { findGpus } from "../../../worker-image/src/support/gpus";
import { spawnCli, type SpawnOptions } from "../../cli/support";
import { until } from "../../local-cloud/support";
import { groupOf, runScaler, setItem, watchCalls } from "../support/fleet";
import { createHandlers, type Handlers, type Journey, startJourney } from "../support/stack";

/** Nothing happens by the minute here: whatever wakes a fleet was told to. */
const byTheHour = { scheduleSeconds: 3_600, stopGraceSeconds: 1 };

describe("a job that waits", () => {
  let handlers: Handlers;
  let journey: Journey;

  before(async () => {
    handlers = createHandlers(
      {
        held: "await released(job, context);",
        echo: "return job.payload;",
        "echo-fails": `throw new TypeError("not today");`,
        flaky: `if (require("node:fs").existsSync(job.payload.file)) return "ran"; throw new Error("not mended");`,
        // As a handler of one type may: with its worker's own credentials.
        greedy: `
        const { LambdaClient, InvokeCommand } = require("@aws-sdk/client-lambda");
        const invoke = (FunctionName) =>
          new LambdaClient({ maxAttempts: 1 }).send(
            new InvokeCommand({ FunctionName, InvocationType: "Event", Payload: JSON.stringify(job.payload) }),
          );
        const name = process.env.WORKER_SCALER_FUNCTION;
        const { StatusCode } = await invoke(name);
        const refused = await invoke(name.replace(/:[^:]*$/, "")).then(() => "nothing", (error) => error.name);
        return { StatusCode, refused };`,
      },
      1,
    );
    const brief = { slots: 1, drainSeconds: 1, idleSeconds: 1 };
    journey = await startJourney(
      [
        { name: "broken", handler: "invoice", maxInstances: 1, ...brief },
        {
          name: "render",
          handler: "echo",
          gpu: true,
          image: "x/cuda",
          instanceTypes: ["g6.xlarge"],
          maxInstances: 1,
          ...brief,
        },
        { name: "greedy", handler: "greedy", minInstances: 1, maxInstances: 5, ...brief },
        { name: "other", handler: "echo", maxInstances: 5, ...brief },
        { name: "bystander", handler: "echo", maxInstances: 5, ...brief },
        { name: "flaky", handler: "flaky", maxInstances: 1, maxAttempts: 1, ...brief },
        // Its instance stays: the router nudges for no job within 5 s of its last nudge, and no minute's run is here.
        { name: "lone", handler: "held", maxInstances: 1, ...brief, idleSeconds: 0 },
        { name: "slow-retry", handler: "echo-fails", maxInstances: 1, maxAttempts: 3, backoffSeconds: 900, ...brief },
      ],
      handlers,
      {},
      byTheHour,
    );
  });

  after(async () => {
    await journey.stop();
    handlers.remove();
  });

  const typeNamed = async (name: string) =>
    ((await journey.call("GET", "/types")).body.types as { type: string; launchProblem?: string }[]).find(
      ({ type }) => type === name,
    )!;

  it("has its type say at once why a worker can't start", async () => {
    const id = await journey.submit("broken", {});
    const problem = await until(async () => (await typeNamed("broken")).launchProblem);
    expect(problem).to.match(/^A worker did not start: .*"invoice"/);
    const { body } = await journey.call("GET", `/jobs/${id}`);
    expect(body.waiting).to.include({ reason: "no-workers" }).and.to.have.property("asOf");
    expect((body.waiting as { detail: string }).detail).to.include('"invoice"');
    const { jobs } = (await journey.call("GET", "/jobs?type=broken")).body as { jobs: { waiting: object }[] };
    expect(jobs[0]!.waiting).to.include({ reason: "no-workers" });
  });

  it("says that it needs a GPU which isn't here, or runs where there is one", async () => {
    const id = await journey.submit("render", { frame: 1 });
    const found = findGpus();
    if ("count" in found) return void (await journey.reaches(id, "succeeded"));
    const problem = await until(async () => (await typeNamed("render")).launchProblem);
    expect(problem)
      .to.include("Expected an NVIDIA GPU, since the processor has gpu: true, got none: ")
      .and.to.include(found.reason);
    const { waiting } = (await journey.call("GET", `/jobs/${id}`)).body as { waiting: { detail: string } };
    expect(waiting).to.include({ reason: "no-workers" });
    expect(waiting.detail).to.include(found.reason);
  });

  it("has the reason shown by the command line: status, logs and wait", async () => {
    const cli = (args: string[], more: SpawnOptions = {}) => spawnCli([...args, "--url", journey.url], more);
    const id = (await cli(["submit", "broken", "{}"])).stdout.trim();
    await until(async () => (await typeNamed("broken")).launchProblem);
    const why = /no workers: A worker did not start: .*"invoice"/;
    const waiting = cli(["wait", id, "--json"], {
      onStart: (child) => child.stderr!.on("data", (chunk) => why.test(String(chunk)) && child.kill("SIGINT")),
    });
    expect((await cli(["status", id])).stdout).to.match(new RegExp(`^waiting +${why.source}`, "m"));
    await until(() => journey.logs.some(({ line }) => line.includes("job-routed") && line.includes(id)));
    const logs = await cli(["logs", id]);
    expect(logs.code).to.equal(0);
    expect(logs.stdout).to.match(/^\S+ frontend job-accepted\n\S+ router job-routed\n$/);
    expect(logs.stderr).to.match(why);
    const { code, stdout, stderr } = await waiting;
    expect({ code, stdout }).to.deep.equal({ code: 130, stdout: "" });
    expect(stderr).to.match(new RegExp(`^… Job ${id} waits: ${why.source}`));
  });

  it("says that its time has not come, and that its last attempt failed, with the time of the next", async () => {
    const later = await journey.submit("other", {}, { delaySeconds: 600 });
    const delayed = (await journey.call("GET", `/jobs/${later}`)).body;
    expect(delayed.waiting).to.include({ reason: "delayed", until: delayed.runAt });
    const id = await journey.submit("slow-retry", {});
    const waiting = await until(async () => {
      const { body } = await journey.call("GET", `/jobs/${id}`);
      return (body.waiting as { reason: string } | undefined)?.reason === "backoff" ? body.waiting : undefined;
    });
    expect(waiting).to.include({ detail: "Attempt 1 failed: TypeError: not today" }).and.to.have.property("until");
  });

  /** The reason as of a count made now: times that are put back stand for time that has passed. */
  const reasonOf = async (id: string, type: string) => {
    await setItem(journey, type, "fleet", { countsAt: 0 });
    expect(await runScaler(journey)).to.equal(true);
    return (await journey.call("GET", `/jobs/${id}`)).body.waiting as Waiting | undefined;
  };

  it("says that instances start, then that all slots are busy, with the number of jobs and their end", async () => {
    // Its first instance stays at its launch hook until it was seen there.
    let letIn = () => {};
    const seen = new Promise<void>((resolve) => (letIn = resolve));
    const isOfLone = (caller?: string) => groupOf(journey, "lone").instances.some(({ id }) => id === caller);
    watchCalls(journey, "autoscaling", {
      before: async ({ action, caller }) => {
        if (action === "CompleteLifecycleAction" && isOfLone(caller)) await seen;
      },
    });
    const first = await journey.submit("lone", {});
    const starting = await until(async () => {
      const waiting = await reasonOf(first, "lone");
      return waiting?.reason === "starting" ? waiting : undefined;
    }).finally(letIn);
    expect(starting.detail).to.match(/^No instance is in service; [01] of 1 are starting$/);
    expect(starting).to.include.keys("since", "asOf");
    await journey.reaches(first, "running");
    const second = await journey.submit("lone", {});
    const behind = await until(async () => {
      const waiting = await reasonOf(second, "lone");
      return waiting?.reason === "behind" ? waiting : undefined;
    });
    expect(behind).to.include({ detail: "All slots are busy: 1, of 1 instance", ahead: 1 });
    // Nobody knows yet how long a job takes.
    expect(behind).not.to.have.property("estimatedStartAt");
    handlers.release(first);
    handlers.release(second);
    await journey.reaches(second, "succeeded");
  });

  it("says that its message is in no queue, where it was recorded and never published", async () => {
    const id = "never-published";
    const away = journey.cloud.faults.add({ service: "sns", action: "PublishBatch" });
    const submission = { type: "bystander", payload: {}, id };
    expect((await journey.call("POST", "/jobs", submission)).status).to.equal(503);
    away();
    const submittedAt = new Date(Date.now() - 121_000).toISOString();
    const Key = { id: { S: id } };
    const change = {
      UpdateExpression: "SET submittedAt = :at",
      ExpressionAttributeValues: { ":at": { S: submittedAt } },
    };
    await journey.dynamodb.send(new UpdateItemCommand({ TableName: journey.outputs.jobTable, Key, ...change }));
    // The type is idle, and was never counted: who looks has it counted.
    const waiting = await until(async () => {
      const { body } = await journey.call("GET", `/jobs/${id}`);
      return (body.waiting as Waiting).reason === "unpublished" ? (body.waiting as Waiting) : undefined;
    });
    expect(waiting).to.include({ since: submittedAt });
    const { stdout } = await spawnCli(["status", id, "--url", journey.url]);
    expect(stdout).to.match(/^waiting +unpublished: Its message is not in its queue: submit it again with this id/m);
    expect((await journey.call("POST", "/jobs", submission)).status).to.equal(202);
    await journey.reaches(id, "succeeded");
  });

  it("says when its type was last counted, where the scaler can't count it", async () => {
    const first = await journey.submit("lone", {});
    await journey.reaches(first, "running");
    const id = await journey.submit("lone", {});
    const away = journey.cloud.faults.add({ service: "sqs", action: "GetQueueAttributes" });
    // A run that has counted before may be under way, and write when that was.
    await until(async () => {
      await setItem(journey, "lone", "fleet", { countsAt: Date.parse("2026-11-24T00:00:00Z") });
      expect(await runScaler(journey)).to.equal(false);
      const { waiting } = (await journey.call("GET", `/jobs/${id}`)).body as { waiting: Waiting };
      expect(waiting.reason).to.equal("unknown");
      return waiting.detail.includes("its type was last counted at 2026-11-24T00:00:00.000Z");
    });
    away();
    for (const each of [first, id]) handlers.release(each);
    await journey.reaches(id, "succeeded");
  });

  it("is queued and wakes its fleet as soon as it is retried after it had failed for good", async () => {
    const file = join(tmpdir(), `mended-${process.pid}`);
    const id = await journey.submit("flaky", { file });
    await journey.reaches(id, "failed");
    const group = groupOf(journey, "flaky");
    await until(async () => (group.instances.length === 0 && group.desiredCapacity === 0) || undefined);
    writeFileSync(file, "");
    try {
      const { status, body } = await journey.call("POST", `/jobs/${id}/retry`);
      expect([status, body.state, body.attempts, body.retries]).to.deep.equal([202, "queued", 0, 1]);
      expect((await journey.call("GET", `/jobs/${id}`)).body.state).not.to.equal("failed");
      // Nothing comes by the minute here: it was the retry that woke it.
      await until(async () => group.desiredCapacity === 1 || undefined);
      expect(await journey.reaches(id, "succeeded")).to.include({ result: "ran", attempts: 1 });
      const again = await journey.call("POST", `/jobs/${id}/retry`);
      expect([again.status, again.body.code]).to.deep.equal([409, "job-succeeded"]);
    } finally {
      rmSync(file);
    }
  });

  it("has launches retried at once on request", async () => {
    const group = groupOf(journey, "other");
    await setItem(journey, "other", "fleet", { failedLaunches: 5, failedTries: 4, retryAt: Date.now() + 900_000 });
    const id = await journey.submit("other", { done: true });
    expect(group.desiredCapacity).to.equal(0);
    const { code, stdout } = await spawnCli(["types", "retry", "other", "--url", journey.url]);
    expect(code).to.equal(0);
    expect(stdout).to.include("Launches of other are tried now");
    await journey.reaches(id, "succeeded");
  });

  it("gets no more instances at a worker's nudge than its queue needs, and other types get none", async () => {
    await until(() => groupOf(journey, "bystander").desiredCapacity === 0);
    const id = await journey.submit("greedy", { sent: { greedy: 1e6, bystander: 1e6, broken: 1e6 } });
    const { result } = await journey.reaches(id, "succeeded");
    expect(result).to.deep.equal({ StatusCode: 202, refused: "AccessDeniedException" });
    const scaler = journey.cloud.lambdas.list().find(({ spec }) => spec.name.includes("scaler"))!;
    // The worker's event has been taken by the time that another is answered: there is one run for a type at a time.
    await scaler.invoke(JSON.stringify({ sent: { bystander: 0 } }));
    expect(groupOf(journey, "bystander").desiredCapacity).to.equal(0);
    expect(groupOf(journey, "greedy").desiredCapacity).to.be.at.most(1);
  });
});
