import { expect } from "chai";
import { type JobEnvelope } from "../../../contract/messages/envelope";
import { type JobRecord } from "../../../contract/records/record";
import { type RunOutcome } from "../../../worker-image/src/handlers/runner";
import { MessageProcessor } from "../../../worker-image/src/job/messageProcessor";
import { type Claim, type HoldState } from "../../../worker-image/src/records/records";
import { guardAgainstLeaks } from "../../support/leakGuard";
import { createDoubles, envelope, message as createMessage, started } from "../helpers/doubles";
import { settled } from "../helpers/fakeClock";
import { failed, setUp } from "./oneMessage";

const cancelledRecord: JobRecord = {
  id: "job-1",
  type: "echo",
  state: "cancelled",
  attempts: 0,
  submittedAt: "2026-01-01T00:00:00.000Z",
};

describe("MessageProcessor", () => {
  guardAgainstLeaks();

  it("runs a job with what the handler needs, and deletes the message after the record is written", async () => {
    const { begin, end, seen, run, log, isDone, records, clock } = setUp({
      job: envelope({ tenant: "acme", payload: [1] }),
    });
    await begin();
    expect(run().job).to.deep.equal({
      id: "job-1",
      type: "echo",
      payload: [1],
      attempt: 1,
      submittedAt: "2026-01-01T00:00:00.000Z",
      tenant: "acme",
    });
    await clock.advance(2_000);
    await end({ kind: "succeeded", result: { n: 1 } });
    expect(seen()).to.deep.equal(["claim job-1 of 3", "succeed #1", "remove message"]);
    expect(records.lastResult).to.deep.equal({ n: 1 });
    expect(log.fieldsOf("job-succeeded")).to.deep.include({
      jobId: "job-1",
      attempt: 1,
      runMs: 2_000,
    });
    expect(isDone()).to.equal(true);
    expect(clock.pendingTimers).to.equal(0);
  });

  it("keeps the payload of a job that did not come from the API, without waiting for it, and names labels in its lines", async () => {
    const hold = { jobId: "job-1", worker: "worker-1", attempt: 1, claim: 1 };
    const unsubmitted: Claim = { outcome: "started", hold, isUnsubmitted: true };
    for (const fails of [false, true]) {
      const { begin, seen, run, failures, log, end } = setUp({ job: envelope({ labels: { a: "1" } }) }, unsubmitted);
      if (fails) failures.plan("keep");
      await begin();
      expect(seen()).to.deep.equal(["claim job-1 of 3", "keep job-1"]);
      expect(run().job.id).to.equal("job-1");
      expect(log.events().includes("payload-not-kept")).to.equal(fails);
      await end({ kind: "succeeded", result: 1 });
      expect(log.fieldsOf("job-succeeded")).to.deep.include({ labels: { a: "1" } });
    }
  });

  it("dead-letters a message with invalid labels", async () => {
    const { begin, log, runner } = setUp({ job: envelope({ labels: { A: "1" } }) });
    await begin();
    expect(log.fieldsOf("message-dead-lettered").reason).to.match(
      /^The message is no job: \/labels: Expected up to 10/,
    );
    expect(runner.runs).to.deep.equal([]);
  });

  it("asks for the lease again when the claim's answer outlasted it, and begins nothing that another worker has taken", async () => {
    for (const { state, runs, calls } of [
      { state: "held" as const, runs: 1, calls: ["claim job-1 of 3", "extend #1"] },
      { state: "lost" as const, runs: 0, calls: ["claim job-1 of 3", "extend #1"] },
    ]) {
      const { begin, clock, records, runner, seen, log, processor } = setUp();
      records.claims.push((request) => {
        void clock.advance(30_000);
        return started(1)(request);
      });
      // The clock turns in full before the claim's answer is seen.
      const claim = records.claim.bind(records);
      records.claim = async (request) => {
        const answer = await claim(request);
        await settled();
        await settled();
        return answer;
      };
      records.states.push(state);
      await begin();
      await settled();
      await settled();
      expect(runner.runs, state).to.have.length(runs);
      expect(seen(), state).to.deep.equal(calls);
      expect(log.events().includes("job-lease-lost"), state).to.equal(state === "lost");
      processor.stopAll("SIGTERM");
      runner.runs[0]?.end({ kind: "stopped" });
      await settled();
    }
  });

  it("honours a job's own, lower number of attempts, and no higher one", async () => {
    const [lower, higher] = [
      setUp({ job: envelope({ maxAttempts: 2 }) }),
      setUp({ job: envelope({ maxAttempts: 50 }) }),
    ];
    await lower.begin();
    await higher.begin();
    expect([lower.calls[0], higher.calls[0]]).to.deep.equal(["claim job-1 of 2", "claim job-1 of 3"]);
  });

  const unrun: [string, Claim, string[]][] = [
    ["a duplicate", { outcome: "duplicate", because: "the job has succeeded" }, ["remove message"]],
    ["a job cancelled at its claim", { outcome: "cancelled", record: cancelledRecord }, ["remove message"]],
    [
      "a message whose attempt still runs",
      { outcome: "busy", until: Date.UTC(2_026, 0, 1, 0, 0, 9, 1) },
      ["hide message 10"],
    ],
    [
      "a job out of attempts",
      {
        outcome: "exhausted",
        hold: { jobId: "job-1", worker: "worker-1", attempt: 3, claim: 3 },
        error: { name: "WorkerLost", message: "gone" },
      },
      ["extend #3", "deadLetter", "fail (gone) #3", "remove message"],
    ],
  ];
  for (const [name, claim, calls] of unrun) {
    it(`doesn't run ${name}`, async () => {
      const { begin, seen, runner } = setUp({}, claim);
      await begin();
      expect(seen().slice(1)).to.deep.equal(calls);
      expect(runner.runs).to.deep.equal([]);
    });
  }

  it("hides a message whose attempt still runs for no longer than SQS can", async () => {
    const now = Date.UTC(2_026, 0, 1);
    for (const [ageSeconds, hiddenSeconds] of [
      [0, 10_800],
      [42_000, 43_200 - 60 - 42_000],
      [43_150, 0],
    ] as const) {
      const until = now + 10_800_000;
      const { begin, seen } = setUp({ receivedAt: now - ageSeconds * 1_000 }, { outcome: "busy", until });
      await begin();
      expect(seen().slice(1)).to.deep.equal([`hide message ${hiddenSeconds}`]);
    }
  });

  it("dead-letters what is no job, with the reason, and asks no record", async () => {
    for (const [body, reason] of [
      ["{", "Expected JSON"],
      ['{"version":2}', "Expected version 1"],
      ['{"version":1,"id":"x"}', "/type: Expected a job type"],
    ] as const) {
      const { begin, seen, queue } = setUp({ body });
      await begin();
      expect(seen()).to.deep.equal(["deadLetter", "remove message"]);
      expect(queue.letters[0]).to.deep.include({ body, type: "echo" });
      expect(queue.letters[0]!.reason).to.include(reason);
    }
  });

  it("fails for good, unrun, a job of another type", async () => {
    const { begin, seen, queue, runner } = setUp({ job: envelope({ type: "other" }) });
    await begin();
    expect(seen().slice(1, 3)).to.deep.equal(["extend #1", "deadLetter"]);
    expect(queue.letters[0]!.reason).to.include('got "other"');
    expect(runner.runs).to.deep.equal([]);
  });

  it("writes the last progress with the end, however that is, and by no write of its own", async () => {
    const error = { name: "Error", message: "no" };
    for (const [outcome, call] of [
      [{ kind: "succeeded", result: 1 }, "succeed"],
      [{ kind: "failed", error, isPermanent: true }, "fail"],
    ] as [RunOutcome, "succeed" | "fail"][]) {
      const { begin, end, run, records, calls } = setUp();
      const ends: unknown[] = [];
      const write = records[call] as (...all: unknown[]) => Promise<HoldState>;
      Object.assign(records, { [call]: (...all: unknown[]) => (ends.push(all[3]), write(...all)) });
      await begin();
      run().events.onProgress(0.1, "begun");
      await settled();
      run().events.onProgress(0.4, "half");
      run().events.onProgress(1, "all 3 files done");
      await end(outcome);
      expect(ends).to.deep.equal([{ progress: { fraction: 1, note: "all 3 files done" } }]);
      expect(calls.filter((each) => each.startsWith("progress"))).to.deep.equal(["progress 0.1 #1"]);
    }
  });

  it("records what was left out of a result that is too large", async () => {
    const { begin, end, records, seen } = setUp();
    const omitted = { bytes: 70_000, sha256: "0a", reason: "It is too large" };
    let last: unknown;
    const write = records.succeed;
    records.succeed = (hold, result, ...more: unknown[]) => {
      last = more[1];
      return write(hold, result);
    };
    await begin();
    await end({ kind: "succeeded", result: undefined, omitted });
    expect(last).to.deep.equal({ resultOmitted: omitted });
    expect(seen()).to.deep.equal(["claim job-1 of 3", "succeed #1", "remove message"]);
  });

  it("logs what a handler says under names of its own, within bounds", async () => {
    const { begin, end, run, log } = setUp();
    await begin();
    const forged = {
      event: "job-failed",
      level: "error",
      jobId: "innocent",
      worker: "i-x",
      time: 1,
      attempt: 9,
      _aws: {},
    };
    run().events.onLog("info", "order", { fields: forged });
    run().events.onLog("warn", "oh", { stream: "stderr" });
    for (let line = 0; line < 20_000; line++) run().events.onLog("info", "flood");
    await end({ kind: "succeeded", result: 1 });
    const lines = log.entries.filter(({ event }) => event === "job-log");
    expect(lines[0]!.fields).to.deep.equal({ jobId: "job-1", attempt: 1, message: "order", fields: forged });
    expect(lines[1]!.fields).to.deep.include({ message: "oh", stream: "stderr" });
    expect(lines.length).to.be.lessThan(6_000);
    expect(lines.some(({ fields: { message } }) => /^\d+ more lines left out$/.test(message as string))).to.equal(true);
    expect(log.events().at(-1)).to.equal("job-succeeded");
  });

  it("keeps the innermost cause in the reason of a dead letter", async () => {
    const { begin, end, queue } = setUp();
    await begin();
    const message = `${"w".repeat(1_900)}: the disk is full`;
    await end({ kind: "failed", error: { name: "Error", message }, isPermanent: true });
    expect(queue.letters[0]!.reason)
      .to.match(/^Error: www.* … .*: the disk is full$/)
      .and.to.have.length(1_000);
  });

  it("retries after the backoff", async () => {
    const { begin, end, seen, log, records, clock } = setUp({}, 2);
    await begin();
    await end(failed);
    expect(seen().slice(1)).to.deep.equal(["hide message 30", "retry (no) #2", "hide message 20"]);
    expect(records.retryAt).to.equal(clock.wallNow() + 20_000);
    expect(log.fieldsOf("job-retried")).to.deep.include({ retryInSeconds: 20, attempt: 2 });
  });

  it("never hides beyond the 12 hours of the receipt", async () => {
    const { begin, end, seen, clock } = setUp({ receivedAt: Date.UTC(2_026, 0, 1) - 43_130_000 }, 2);
    await begin();
    await clock.advance(5_000);
    await end(failed);
    expect(seen().at(-1)).to.equal("hide message 5");
  });

  it("releases a job that failed after it was cancelled at once, to be ended by the worker that receives it next", async () => {
    const { begin, end, seen, records } = setUp();
    await begin();
    records.states.push("cancel-requested");
    await end(failed);
    expect(seen().slice(1)).to.deep.equal(["hide message 30", "retry (no) #1", "hide message 0"]);
  });

  it("fails for good after the last attempt: dead letter, record, message, in that order", async () => {
    const { begin, end, seen, queue, message } = setUp({}, 3);
    await begin();
    await end(failed);
    expect(seen().slice(1)).to.deep.equal(["extend #3", "deadLetter", "fail (no) #3", "remove message"]);
    const [letter] = queue.letters;
    expect(letter).to.deep.equal({
      body: message.body,
      type: "echo",
      reason: "Attempt 3 of 3 failed: TypeError: no",
      attempt: 3,
      failedAt: "2026-01-01T00:00:00.000Z",
    });
  });

  it("fails for good at once what the handler calls permanent", async () => {
    const { begin, end, queue } = setUp();
    await begin();
    await end({ ...failed, isPermanent: true });
    expect(queue.letters[0]).to.include({ reason: "TypeError: no", attempt: 1 });
  });

  it("stops a job at its timeout, which counts as a failed attempt, whatever the handler still returns", async () => {
    const { begin, seen, clock, run } = setUp();
    await begin();
    await clock.advance(99_000);
    expect(run().signal.aborted).to.equal(false);
    await clock.advance(1_000);
    expect(run().signal.aborted).to.equal(true);
    expect(seen().at(-2)).to.equal("retry (The attempt took longer than 100 s and was stopped) #1");
    expect(seen().at(-1)).to.equal("hide message 10");
  });

  it("extends lease, then visibility, every third of it, and leaves no timer", async () => {
    const { begin, end, seen, clock } = setUp();
    await begin();
    await clock.advance(25_000);
    expect(seen().slice(1)).to.deep.equal(["extend #1", "hide message 30", "extend #1", "hide message 30"]);
    await end({ kind: "succeeded", result: 1 });
    await clock.advance(60_000);
    expect(seen().slice(5)).to.deep.equal(["succeed #1", "remove message"]);
    expect(clock.pendingTimers).to.equal(0);
  });

  it("continues when a heartbeat fails", async () => {
    const { begin, end, clock, failures, log, seen } = setUp();
    failures.plan("extend");
    await begin();
    await clock.advance(10_000);
    // The message is kept hidden all the same.
    expect(seen().slice(1)).to.deep.equal(["extend #1", "hide message 30"]);
    failures.plan("hide");
    await clock.advance(10_000);
    await end({ kind: "succeeded", result: 1 });
    expect(log.events().filter((event) => event === "heartbeat-failed")).to.have.length(2);
    expect(seen().at(-1)).to.equal("remove message");
  });

  it("stops a job whose lease was lost, and touches neither record nor message", async () => {
    const { begin, seen, clock, records, run, log, isDone } = setUp();
    await begin();
    records.states.push("lost");
    await clock.advance(10_000);
    expect(run().signal.aborted).to.equal(true);
    expect(seen().slice(1)).to.deep.equal(["extend #1"]);
    expect(log.events()).to.include("job-lease-lost");
    expect(isDone()).to.equal(true);
  });

  it("lets no handler begin once its lease may have ended unseen, as where the worker was frozen", async () => {
    const { begin, seen, clock, run, log, isDone } = setUp();
    await begin();
    clock.standStill(29_999);
    expect(run().events.mayBegin!()).to.equal(true);
    await clock.advance(1);
    clock.standStill(29_998);
    expect(run().events.mayBegin!()).to.equal(true);
    clock.standStill(1);
    expect(run().events.mayBegin!()).to.equal(false);
    await settled();
    expect(run().signal.aborted).to.equal(true);
    expect(seen()).to.deep.equal(["claim job-1 of 3", "extend #1", "hide message 30"]);
    expect(log.events()).to.include("job-lease-lost");
    expect(isDone()).to.equal(true);
  });

  it("neither deletes nor dead-letters when the lease turns out lost at the end", async () => {
    for (const outcome of [
      { kind: "succeeded", result: 1 },
      failed,
      { ...failed, isPermanent: true },
    ] as RunOutcome[]) {
      const { begin, end, seen, records, queue } = setUp();
      await begin();
      records.states.push("lost");
      await end(outcome);
      expect(seen().filter((call) => !call.startsWith("hide"))).to.have.length(2);
      expect(queue.letters).to.deep.equal([]);
    }
  });

  it("stops a job that is to be cancelled, at its heartbeat or progress", async () => {
    for (const notice of ["heartbeat", "progress"]) {
      const { begin, seen, clock, records, run } = setUp();
      await begin();
      records.states.push("cancel-requested");
      if (notice === "progress") run().events.onProgress(0.5);
      await clock.advance(10_000);
      expect(run().signal.aborted, notice).to.equal(true);
      expect(seen().slice(-2), notice).to.deep.equal(["cancel #1", "remove message"]);
    }
  });

  it("retries recording the end, under heartbeats, if the table refuses it", async () => {
    const { begin, end, seen, clock, failures } = setUp();
    for (let time = 0; time < 8; time++) failures.plan("succeed");
    await begin();
    await end({ kind: "succeeded", result: 1 });
    await clock.advance(50_000);
    expect(seen().filter((call) => call.startsWith("succeed"))).to.have.length(9);
    expect(seen().filter((call) => call.startsWith("extend")).length).to.be.greaterThan(2);
    expect(seen().at(-1)).to.equal("remove message");
    expect(clock.pendingTimers).to.equal(0);
  });

  it("leaves message and record alone, releases the slot and says so, when nothing helps", async () => {
    const throttled = setUp();
    throttled.failures.plan("claim");
    await throttled.begin();
    expect(throttled.log.events()).to.deep.equal(["message-left-in-queue"]);
    expect(throttled.log.fieldsOf("message-left-in-queue")).to.include({ jobId: "job-1" });
    expect(throttled.isDone()).to.equal(true);
    expect(throttled.seen().slice(1)).to.deep.equal(["hide message 38"]);

    const refused = setUp();
    refused.failures.plan("succeed", Object.assign(new Error("no"), { name: "ValidationException" }));
    await refused.begin();
    await refused.end({ kind: "succeeded", result: 1 });
    expect(refused.log.events()).to.deep.equal(["job-started", "message-left-in-queue"]);
    expect(refused.clock.pendingTimers).to.equal(0);
  });

  it("records a job's outcome though its message has become visible again and is out of reach", async () => {
    const outOfReach = Object.assign(new Error("gone"), { name: "MessageNotInflight" });
    const retried = setUp();
    retried.failures.plan("hide", outOfReach);
    retried.failures.plan("hide", outOfReach);
    await retried.begin();
    await retried.end({ kind: "failed", error: { name: "Error", message: "no" }, isPermanent: false });
    expect(retried.log.events()).to.deep.equal([
      "job-started",
      "message-not-found",
      "message-not-hidden",
      "job-retried",
    ]);

    const succeeded = setUp();
    succeeded.failures.plan("remove", outOfReach);
    await succeeded.begin();
    await succeeded.end({ kind: "succeeded", result: 1 });
    expect(succeeded.log.events()).to.deep.equal(["job-started", "job-succeeded", "message-not-deleted"]);
  });

  it("doesn't wait for a message's removal once the record says that its job is done", async () => {
    const { begin, end, queue, log } = setUp();
    queue.removeLater = () => new Promise(() => {});
    await begin();
    await end({ kind: "succeeded", result: 1 });
    expect(log.events()).to.deep.equal(["job-started", "job-succeeded"]);
  });

  it("removes the message at once where no record says that its job is done", async () => {
    const { begin, end, queue, calls, log } = setUp({}, undefined, { jobTable: undefined });
    queue.removeLater = () => Promise.reject(new Error("later"));
    await begin();
    await end({ kind: "succeeded", result: 1 });
    expect(calls.at(-1)).to.match(/^remove /);
    expect(log.events()).to.deep.equal(["job-started", "job-succeeded"]);
  });

  it("keeps as a dead letter, and says so, a message of an ended job that is no duplicate", async () => {
    const { begin, seen, queue, log, message } = setUp(
      {},
      { outcome: "refused", reason: "Job job-1 has failed before" },
    );
    await begin();
    expect(seen().slice(1)).to.deep.equal(["deadLetter", "remove message"]);
    expect(queue.letters[0]).to.include({ body: message.body, reason: "Job job-1 has failed before" });
    expect(log.entries.map(({ level, event }) => [level, event])).to.deep.equal([["warn", "message-dead-lettered"]]);
    expect(log.fieldsOf("message-dead-lettered")).to.include({ jobId: "job-1" });
  });

  it("hands back, unclaimed, what is received while draining", async () => {
    const { begin, processor, seen } = setUp();
    processor.beginDrain();
    await begin();
    expect(seen()).to.deep.equal(["hide message 0"]);
  });

  it("gives back a job whose handler says so, with a pause that grows with its deliveries", async () => {
    const pauses: string[] = [];
    for (const receiveCount of [1, 2, 9]) {
      const { begin, end, seen, log } = setUp({ receiveCount });
      await begin();
      await end({ kind: "given-back", reason: "licence in use" });
      expect(seen()).to.include("giveBack #1");
      expect(log.fieldsOf("job-given-back")).to.include({ reason: "licence in use" });
      pauses.push(seen().at(-1)!);
    }
    expect(pauses).to.deep.equal(["hide message 10", "hide message 20", "hide message 60"]);
  });

  it("gives back a job that was being claimed when the drain began", async () => {
    const { begin, processor, seen, records, runner } = setUp();
    records.claims.push((request) => {
      processor.beginDrain();
      return started(1)(request);
    });
    await begin();
    expect(seen().slice(1)).to.deep.equal(["hide message 30", "giveBack #1", "hide message 0"]);
    expect(runner.runs).to.deep.equal([]);
  });

  it("frees the slot when the handler has ended, before anything is written", async () => {
    const { processor, message, calls, run } = setUp();
    const free = () => calls.push("slot free");
    const slot = { onTaken: () => undefined, free, beAlone: () => Promise.resolve(true), endAlone: () => undefined };
    void processor.process(message, slot);
    await settled();
    expect(calls).to.have.length(1);
    run().end({ kind: "succeeded", result: 1 });
    await settled();
    expect(calls.slice(1)).to.deep.equal(["slot free", "succeed #1", `remove ${message.id}`]);
  });

  it("tells the meter of each attempt and each end, and writes the usage with the attempt's end", async () => {
    const told: string[] = [];
    const usage = {
      begin: (job: JobEnvelope, isAlone: boolean) => {
        told.push(`begin ${job.id}${isAlone ? " alone" : ""}`);
        return () => ({ seconds: 2 });
      },
      noteEnd: (job: JobEnvelope) => void told.push(`end ${job.id}`),
    };
    const outcomes: RunOutcome[] = [failed, { kind: "given-back", reason: "later" }, { kind: "succeeded", result: 1 }];
    const usages: unknown[] = [];
    for (const outcome of outcomes) {
      const { effects, clock, records, runner } = createDoubles();
      const hold = { jobId: "job-1", worker: "worker-1", attempt: 1, claim: 1, usage: { seconds: 1 } };
      records.claims.push(() => ({ outcome: "started", hold }));
      const processing = new MessageProcessor({ ...effects, usage }).process(
        createMessage({ receivedAt: clock.now() }),
      );
      await settled();
      runner.runs[0]!.end(outcome);
      await processing;
      usages.push(hold.usage);
    }
    expect(usages).to.deep.equal([{ seconds: 3 }, { seconds: 3 }, { seconds: 3 }]);
    expect(told).to.deep.equal(["begin job-1", "begin job-1", "begin job-1", "end job-1"]);
    const { effects, clock, records } = createDoubles();
    records.claims.push(() => ({ outcome: "cancelled", record: cancelledRecord }));
    await new MessageProcessor({ ...effects, usage }).process(createMessage({ receivedAt: clock.now() }));
    expect(told.at(-1)).to.equal("end job-1");
    expect(told).to.have.length(5);
  });

  it("settles a job whose handler can't be killed as timed out, to run alone next, and says so", async () => {
    const { effects, clock, runner, calls, log } = createDoubles();
    let stuck = 0;
    runner.run = (_job, signal) =>
      new Promise((end) => signal.addEventListener("abort", () => end({ kind: "stopped", isStuck: true })));
    const processor = new MessageProcessor({ ...effects, onStuck: () => stuck++ });
    const done = processor.process(createMessage({ receivedAt: clock.now() }));
    await clock.advance(100_000);
    await done;
    expect(stuck).to.equal(1);
    expect(calls.find((call) => call.startsWith("retry"))).to.equal(
      "retry (The attempt took longer than 100 s and was stopped) as a suspect #1",
    );
    expect(log.fieldsOf("handler-not-killable")).to.include({ cause: "timeout", attempt: 1 });
  });
});
