import { expect } from "chai";
import type { WorkerSettings } from "../../../contract/workerSettings";
import { Metrics } from "../../../worker-image/src/support/metrics";
import { guardAgainstLeaks } from "../../support/leakGuard";
import { FakeLog } from "../helpers/doubles";
import { FakeClock } from "../helpers/fakeClock";

function setUp(settings: Pick<WorkerSettings, "metrics" | "metricsComponent"> = {}) {
  const log = new FakeLog();
  const clock = new FakeClock();
  const metrics = new Metrics({
    type: "echo",
    queueUrl: "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs-echo-queue",
    log: log.log,
    busySlots: () => 0,
    clock,
    random: () => 0.5,
    ...settings,
  });
  metrics.start();
  return { log, clock, metrics };
}

describe("Metrics", () => {
  guardAgainstLeaks();

  it("writes one line in the embedded metric format for ten seconds of jobs", async () => {
    const { log, clock, metrics } = setUp();
    metrics.log("info", "job-started", { waitMs: 5, runMs: 0 });
    metrics.log("info", "job-started", { waitMs: 7, runMs: 0 });
    metrics.log("info", "job-succeeded", { waitMs: 5, runMs: 100 });
    metrics.log("warn", "job-retried", { waitMs: 7, runMs: 200 });
    await clock.advance(10_000);
    const { _aws: aws, ...values } = log.fieldsOf("worker-metrics") as {
      _aws: { Timestamp: number; CloudWatchMetrics: Record<string, unknown>[] };
    };
    expect(values).to.deep.equal({
      Type: "echo",
      QueueName: "jobs-echo-queue",
      JobsStarted: 2,
      JobsSucceeded: 1,
      JobsRetried: 1,
      WaitTime: [5, 7],
      RunTime: [100, 200],
      SlotsBusy: [0, 0, 0, 0],
    });
    expect(aws.Timestamp).to.equal(clock.now());
    const [directive] = aws.CloudWatchMetrics;
    expect(directive).to.deep.include({ Namespace: "BatchJobProcessor", Dimensions: [["Type", "QueueName"]] });
    expect(directive!.Metrics).to.deep.include({ Name: "WaitTime", Unit: "Milliseconds" });
    expect((directive!.Metrics as { Name: string }[]).map(({ Name }) => Name)).to.have.members(
      Object.keys(values).filter((name) => name !== "Type" && name !== "QueueName"),
    );
  });

  it("writes nothing while nothing happens, and what is left at the end", async () => {
    const { log, clock, metrics } = setUp();
    metrics.log("info", "worker-started");
    await clock.advance(60_000);
    expect(log.events()).to.deep.equal(["worker-started"]);
    metrics.log("error", "job-failed", { runMs: 1 });
    metrics.stop();
    expect(log.fieldsOf("worker-metrics")).to.include({ JobsFailed: 1 });
    expect(clock.pendingTimers).to.equal(0);
  });

  it("has the component as dimension if all types' metrics are to be one", async () => {
    const { log, clock, metrics } = setUp({ metrics: "component", metricsComponent: "media/prod/jobs" });
    metrics.log("info", "job-started", { waitMs: 5 });
    await clock.advance(10_000);
    metrics.stop();
    const { _aws: aws, ...values } = log.fieldsOf("worker-metrics") as {
      _aws: { CloudWatchMetrics: { Dimensions: string[][] }[] };
    };
    expect(aws.CloudWatchMetrics[0]!.Dimensions).to.deep.equal([["Component"]]);
    expect(values).to.deep.equal({ Component: "media/prod/jobs", JobsStarted: 1, WaitTime: [5], SlotsBusy: [0] });
  });

  it("writes none where they are off, and all other lines", async () => {
    const { log, clock, metrics } = setUp({ metrics: "off" });
    metrics.log("info", "job-started", { waitMs: 5 });
    expect(clock.pendingTimers).to.equal(0);
    await clock.advance(10_000);
    metrics.log("info", "job-succeeded", { runMs: 5 });
    metrics.stop();
    expect(log.events()).to.deep.equal(["job-started", "job-succeeded"]);
  });

  it("counts all jobs, and keeps as many values as a line may hold", async () => {
    const { log, clock, metrics } = setUp();
    for (let job = 0; job < 1_000; job++) metrics.log("info", "job-succeeded", { runMs: job });
    await clock.advance(10_000);
    const fields = log.fieldsOf("worker-metrics");
    expect(fields.JobsSucceeded).to.equal(1_000);
    expect(fields.RunTime).to.have.length(100);
  });

  it("adds the memory to the lines of jobs that ended", () => {
    const { log, metrics } = setUp();
    metrics.log("info", "job-started", {});
    metrics.log("info", "job-given-back", { runMs: 1 });
    expect(log.fieldsOf("job-started")).not.to.have.property("rssMegabytes");
    expect(log.fieldsOf("job-given-back").rssMegabytes).to.be.greaterThan(1);
    metrics.stop();
  });
});
