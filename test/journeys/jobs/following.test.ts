import { expect } from "chai";
import { JobClient, type LogLine } from "../../../client/index";
import { limits } from "../../../contract/limits";
import { accountId } from "../../../local-cloud/account";
import { spawnCli } from "../../cli/support";
import { until } from "../../local-cloud/support";
import { letCome } from "../support/fleet";
import { createHandlers, type Handlers, type Journey, startJourney } from "../support/stack";

/** Knowledge about jobs, and their start times, in the whole system. */
describe("following jobs", () => {
  let handlers: Handlers;
  let journey: Journey;

  before(async () => {
    handlers = createHandlers({
      echo: `if (job.payload?.failsFirst && job.attempt === 1) throw new Error("once"); if (job.payload?.fail) throw Object.assign(new Error("no"), { permanent: true }); note(Date.now() + " " + job.id); return job.payload;`,
      talks: `console.log("first " + job.attempt); context.logger.info("told", { n: 1 }); await released(job, context); console.error("last"); if (job.attempt === 1) throw new Error("once");`,
    });
    const settings = {
      slots: 4,
      minInstances: 1,
      maxInstances: 1,
      drainSeconds: 1,
      backoffSeconds: 0,
    };
    journey = await startJourney(
      [
        { name: "echo", handler: "echo", ...settings },
        { name: "other", handler: "echo", ...settings },
        { name: "talks", handler: "talks", ...settings },
      ],
      handlers,
      { events: true },
      { workerEnvironment: { WORKER_VISIBILITY_TIMEOUT_SECONDS: "6" } },
    );
  });

  after(async () => {
    await journey?.stop();
    handlers?.remove();
  });

  /** A queue of the test's own that takes the events of failed and cancelled jobs, as another system would. */
  async function subscribe(): Promise<() => Promise<Record<string, unknown>[]>> {
    const { calls, region } = journey.cloud;
    const Endpoint = `arn:aws:sqs:${region}:${accountId}:ends`;
    const TopicArn = journey.outputs.eventsTopicArn!;
    const statement = {
      Effect: "Allow",
      Principal: { Service: "sns.amazonaws.com" },
      Action: "sqs:SendMessage",
      Resource: Endpoint,
      Condition: { ArnEquals: { "aws:SourceArn": TopicArn } },
    };
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    await calls.sqs("CreateQueue", { QueueName: "ends", Attributes: { Policy } });
    const { QueueUrl } = await calls.sqs<{ QueueUrl: string }>("GetQueueUrl", { QueueName: "ends" });
    await calls.sns("Subscribe", {
      TopicArn,
      Protocol: "sqs",
      Endpoint,
      Attributes: { RawMessageDelivery: "true", FilterPolicy: JSON.stringify({ state: ["failed", "cancelled"] }) },
    });
    return async () => {
      const { Messages = [] } = await calls.sqs<{ Messages?: { Body: string }[] }>("ReceiveMessage", {
        QueueUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 1,
      });
      return Messages.map(({ Body }) => JSON.parse(Body) as Record<string, unknown>);
    };
  }

  const ranAt = (id: string) =>
    Number(
      handlers
        .ledger()
        .find((line) => line.endsWith(` ${id}`))
        ?.split(" ")[0],
    );

  it("lists them newest first, by type and state, page by page", async () => {
    const ids: string[] = [];
    for (let index = 0; index < 5; index++) ids.unshift(await journey.submit("other", { index }));
    const failed = await journey.submit("other", { fail: true });
    await Promise.all(ids.map((id) => journey.reaches(id, "succeeded")));
    await journey.reaches(failed, "failed");
    const list = async (query: string) => {
      const { status, body } = await journey.call("GET", `/jobs?${query}`);
      expect(status, JSON.stringify(body)).to.equal(200);
      return body as { jobs: { id: string }[]; cursor?: string };
    };
    const first = await list("type=other&state=succeeded&limit=3");
    const second = await list(`type=other&state=succeeded&limit=3&cursor=${first.cursor}`);
    expect([...first.jobs, ...second.jobs].map(({ id }) => id)).to.deep.equal(ids);
    expect((await list("type=other&state=failed")).jobs.map(({ id }) => id)).to.deep.equal([failed]);
    expect((await list("")).jobs.map(({ id }) => id)).to.deep.equal([failed, ...ids]);
    expect((await journey.call("GET", "/jobs?limit=0")).body).to.include({ code: "invalid-request" });
  });

  it("holds a job back until its time, also one of a tenant, and never runs one that is cancelled meanwhile", async () => {
    const begun = Date.now();
    const delayed = await journey.submit("echo", 1, { delaySeconds: 3, tenant: "acme" });
    const timed = await journey.submit("echo", 2, { runAt: new Date(begun + 2_000).toISOString() });
    const cancelled = await journey.submit("echo", 3, { delaySeconds: 800 });
    const prompt = await journey.submit("echo", 4);
    expect((await journey.call("DELETE", `/jobs/${cancelled}`)).status).to.equal(202);
    await letCome(journey, "echo", cancelled);
    const { body } = await journey.call("GET", `/jobs/${delayed}`);
    expect(Date.parse(body.runAt as string)).to.be.within(begun + 3_000, Date.now() + 3_000);
    await Promise.all([delayed, timed, prompt].map((id) => journey.reaches(id, "succeeded")));
    expect(ranAt(timed)).to.be.at.least(begun + 2_000);
    expect(ranAt(delayed)).to.be.at.least(begun + 3_000);
    await until(() => journey.logs.some(({ line }) => line.includes(cancelled) && line.includes("message-deleted")));
    expect(ranAt(cancelled)).to.be.NaN;
  });

  it("keeps a job of next month in a schedule, publishes it in time for its queue, and never runs it once cancelled, nor keeps its schedule", async () => {
    const { scheduler } = journey.cloud;
    const runAt = new Date(Date.now() + 30 * 86_400_000).toISOString();
    const id = await journey.submit("echo", '"<aws.scheduler.execution-id>"', { id: "next-month", runAt });
    expect(await journey.submit("echo", '"<aws.scheduler.execution-id>"', { id, runAt })).to.equal(id);
    const schedules = scheduler.list().filter(({ GroupName }) => GroupName.includes("schedules-group"));
    expect(schedules).to.have.length(1);
    const { Name, GroupName, Target } = schedules[0]!;
    // In its place one whose time has come, as if the month had passed, and the job's own time too.
    scheduler.delete(GroupName, Name);
    const Input = Target.Input!.replace(runAt, new Date(Date.now() + 1_000).toISOString());
    const ScheduleExpression = `at(${new Date().toISOString().slice(0, 19)})`;
    scheduler.create({ Name, GroupName, ScheduleExpression, Target: { ...Target, Input } });
    expect(await journey.reaches(id, "succeeded")).to.include({ result: '"<aws.scheduler.execution-id>"', runAt });

    const cancelled = await journey.submit("echo", 1, { runAt });
    const scheduled = () => scheduler.list().find(({ Target: target }) => target.Input!.includes(cancelled));
    const later = scheduled()!;
    expect((await journey.call("DELETE", `/jobs/${cancelled}`)).body).to.include({ state: "cancelled" });
    expect(scheduled()).to.equal(undefined);
    // As if its time had come just before.
    const due = later.Target.Input!.replace(runAt, new Date().toISOString());
    scheduler.create({ ...later, ScheduleExpression, Target: { ...later.Target, Input: due } });
    await until(() => journey.logs.some(({ line }) => line.includes(cancelled) && line.includes("message-deleted")));
    expect(ranAt(cancelled)).to.be.NaN;
  });

  it("publishes an event for each end, with its state to filter by", async () => {
    const receive = await subscribe();
    const succeeded = await journey.submit("echo", "fine");
    const failed = await journey.submit("echo", { fail: true });
    const cancelled = await journey.submit("echo", 1, { delaySeconds: 900 });
    await journey.call("DELETE", `/jobs/${cancelled}`);
    await Promise.all([journey.reaches(succeeded, "succeeded"), journey.reaches(failed, "failed")]);
    const events: Record<string, unknown>[] = [];
    await until(async () => events.push(...(await receive())) >= 2);
    expect(events.map(({ id, type, state }) => [id, type, state])).to.have.deep.members([
      [failed, "echo", "failed"],
      [cancelled, "echo", "cancelled"],
    ]);
    const { body } = await journey.call("GET", `/jobs/${failed}`);
    const { submittedAt, finishedAt, error } = body;
    expect(events.find(({ id }) => id === failed)).to.deep.include({ attempts: 1, submittedAt, finishedAt, error });
  });

  it("logs a job's whole way in order, each line with its id", async () => {
    const way = ["job-accepted", "job-routed", "job-started", "job-retried", "job-started", "job-succeeded"];
    const client = new JobClient({ url: journey.url });
    const linesOf = async (id: string) => (await client.logs(id)).lines.map(({ event }) => event);
    const id = await journey.submit("echo", { failsFirst: true });
    await journey.reaches(id, "succeeded");
    await until(async () => (await linesOf(id)).length >= way.length);
    expect(await linesOf(id)).to.deep.equal(way);

    const { body } = await journey.call("POST", "/jobs/batch", {
      jobs: [1, 2].map(() => ({ type: "echo", payload: { failsFirst: true } })),
    });
    for (const { id: each } of body.results as { id: string }[]) {
      await journey.reaches(each, "succeeded");
      await until(async () => (await linesOf(each)).length >= way.length);
      expect(await linesOf(each)).to.deep.equal(way);
    }
  });

  it("shows a job's lines as they come, until it has ended, each once, by client and command line", async () => {
    const client = new JobClient({ url: journey.url });
    const { id } = await client.submit("talks", {});
    const lines: LogLine[] = [];
    for await (const page of client.followLogs(id, { limit: 2 })) {
      lines.push(...page);
      if (lines.some(({ message }) => message === "told")) handlers.release(id);
    }
    const said = lines.map(({ source, event, attempt, message }) =>
      [/^i-/.test(source) ? "worker" : source, attempt, message ?? event].join(" "),
    );
    expect(said.filter((line) => /frontend|router/.test(line))).to.deep.equal([
      "frontend  job-accepted",
      "router  job-routed",
    ]);
    const ofWorker = (attempt: number, end: string) =>
      ["job-started", `first ${attempt}`, "told", "last", end].map((what) => `worker ${attempt} ${what}`);
    expect(said.filter((line) => line.startsWith("worker"))).to.have.members([
      ...ofWorker(1, "job-retried"),
      ...ofWorker(2, "job-succeeded"),
    ]);
    expect(lines.find(({ message }) => message === "told")).to.deep.include({ event: "job-log", fields: { n: 1 } });

    const followed = await spawnCli(["logs", id, "--follow", "--attempt", "2", "--url", journey.url]);
    expect(followed.code, followed.stderr).to.equal(0);
    expect(followed.stdout)
      .to.match(/ #2 stdout first 2\n/)
      .and.match(/ #2 stderr last\n/);
    expect(followed.stdout)
      .to.match(/ #2 told n=1\n/)
      .and.not.include("#1");
  });

  it("makes one job of fifty submissions of one key at once, that runs once", async () => {
    const key = { "idempotency-key": "one of fifty" };
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => journey.call("POST", "/jobs", { type: "echo", payload: "once" }, key)),
    );
    const ids = new Set(answers.map(({ status, body }) => `${status} ${String(body.id)}`));
    expect([...ids]).to.have.length(1);
    const id = answers[0]!.body.id as string;
    await journey.reaches(id, "succeeded");
    // Whatever was published twice is dropped without a second run.
    const marker = await journey.submit("echo", "after");
    await journey.reaches(marker, "succeeded");
    expect(handlers.ledger().filter((line) => line.endsWith(` ${id}`))).to.have.length(1);
  });

  it("keeps a result of 65,536 bytes in the record, and one of a byte more in S3", async () => {
    const fits = await journey.submit("other", "r".repeat(limits.maxResultBytes - 2));
    const over = await journey.submit("other", "r".repeat(limits.maxResultBytes - 1));
    const { result } = await journey.reaches(fits, "succeeded");
    expect(result).to.have.length(limits.maxResultBytes - 2);
    const finished = await journey.reaches(over, "succeeded");
    expect(finished).not.to.have.property("result");
    expect(finished.resultRef).to.include({ bytes: limits.maxResultBytes + 1 });
  });
});
