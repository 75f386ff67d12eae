import { expect } from "chai";
import { type RunOutcome } from "../../../worker-image/src/handlers/runner";
import { MessageProcessor } from "../../../worker-image/src/job/messageProcessor";
import { type Hold } from "../../../worker-image/src/records/records";
import { guardAgainstLeaks } from "../../support/leakGuard";
import { createDoubles, message as createMessage } from "../helpers/doubles";
import { settled } from "../helpers/fakeClock";

const failed: RunOutcome = { kind: "failed", error: { name: "TypeError", message: "no" }, isPermanent: false };
const earlier = { checkpointAt: "2025-12-31T00:00:00.000Z" };

/** A processor at work on a job, of which an earlier attempt may have left a checkpoint. */
async function begin(
  hold: Partial<Hold> = {},
  prepare: (doubles: ReturnType<typeof createDoubles>) => void = () => {},
) {
  const doubles = createDoubles();
  prepare(doubles);
  const held: Hold = { jobId: "job-1", worker: "worker-1", attempt: 1, claim: 7, ...hold };
  doubles.records.claims.push(() => ({ outcome: "started", hold: held }));
  const message = createMessage({ receivedAt: doubles.clock.now() });
  const processor = new MessageProcessor(doubles.effects);
  void processor.process(message);
  await settled();
  return {
    ...doubles,
    processor,
    held,
    run: () => doubles.runner.runs[0]!,
    checkpoint: async (value: unknown) => {
      doubles.runner.runs[0]!.events.onCheckpoint!(JSON.stringify(value));
      await settled();
    },
    end: async (outcome: RunOutcome) => {
      doubles.runner.runs[0]!.end(outcome);
      await settled();
    },
    /** Calls after the claim, without those that keep the message hidden. */
    seen: () =>
      doubles.calls
        .slice(1)
        .map((call) => call.replace(message.id, "message"))
        .filter((call) => call !== "hide message 30"),
  };
}

describe("checkpoints of an attempt", () => {
  guardAgainstLeaks();

  it("cost a job without them no call", async () => {
    const { end, seen, run } = await begin();
    expect(run().job).to.not.have.property("checkpoint");
    await end({ kind: "succeeded", result: 1 });
    expect(seen()).to.deep.equal(["succeed #1", "remove message"]);
  });

  it("are noted in the record before the first is written, and then written at most once a second", async () => {
    const { checkpoint, clock, end, seen, held } = await begin();
    await checkpoint({ part: 1 });
    expect(seen()).to.deep.equal(["extend #1", 'checkpoint {"part":1} #7']);
    for (const part of [2, 3]) await checkpoint({ part });
    await clock.advance(1_000);
    expect(seen().slice(2)).to.deep.equal(['checkpoint {"part":3} #7']);
    expect(held.checkpointAt).to.equal(new Date(clock.now()).toISOString());
    await end({ kind: "succeeded", result: 1 });
  });

  it("reach the next attempt, which takes them over before it begins", async () => {
    const value = { part: 2 };
    const { run, seen, checkpoint, end } = await begin(earlier, ({ checkpoints }) => (checkpoints.taken = { value }));
    expect(seen()).to.deep.equal(["take #7"]);
    expect(run().job.checkpoint).to.deep.equal(value);
    await checkpoint({ part: 3 });
    expect(seen().slice(1)).to.deep.equal(['checkpoint {"part":3} #7']);
    await end({ kind: "succeeded", result: 1 });
  });

  const endings: [string, RunOutcome | "timeout" | "spot-interruption", string[]][] = [
    ["a failure", failed, ["retry (no) #1", "hide message 10"]],
    [
      "a failure for good",
      { ...failed, isPermanent: true },
      ["extend #1", "deadLetter", "fail (no) #1", "remove message"],
    ],
    ["a job given back", { kind: "given-back", reason: "busy" }, ["giveBack #1", "hide message 10"]],
    ["a timeout", "timeout", ["retry (The attempt took longer than 100 s and was stopped) #1", "hide message 10"]],
    ["a spot notice within the second", "spot-interruption", ["giveBack #1", "hide message 0"]],
  ];
  for (const [name, ending, calls] of endings) {
    it(`are written before the end is recorded: of ${name}`, async () => {
      const { checkpoint, processor, clock, end, seen, run } = await begin();
      if (ending === "timeout") await clock.advance(99_500);
      await checkpoint({ part: 1 });
      await checkpoint({ part: 2 });
      const before = seen().length;
      if (ending === "timeout") await clock.advance(500);
      else if (ending === "spot-interruption") processor.stopAll(ending);
      else await end(ending);
      await settled();
      const after = seen().slice(before);
      expect(after).to.deep.equal(['checkpoint {"part":2} #7', ...calls]);
      if (ending !== "spot-interruption") return;
      const { stopCause, message } = run().signal.reason as { stopCause: string; message: string };
      expect([stopCause, message]).to.deep.equal(["drain", "The worker is shutting down: spot-interruption"]);
    });
  }

  it("aren't written for a job that succeeded, was cancelled, or is another worker's", async () => {
    for (const state of ["held", "cancel-requested", "lost"] as const) {
      const { checkpoint, records, run, end, seen } = await begin(earlier);
      await checkpoint({ part: 1 });
      await checkpoint({ part: 2 });
      if (state === "held") await end({ kind: "succeeded", result: 1 });
      else {
        records.states.push(state);
        run().events.onProgress(0.5);
        await settled();
      }
      expect(seen().join(), state).to.not.include('"part":2');
    }
  });

  it("that can't be read give the job back, unrun; one that a later claim took over ends the attempt", async () => {
    const unread = await begin(earlier, ({ failures }) => failures.plan("take"));
    expect(unread.runner.runs).to.deep.equal([]);
    expect(unread.seen()).to.deep.equal(["take #7", "giveBack #1", "hide message 10"]);
    expect(unread.log.fieldsOf("job-given-back").reason).to.equal(
      "Its checkpoint could not be read: take was throttled",
    );
    const lost = await begin(earlier, ({ checkpoints }) => (checkpoints.taken = "lost"));
    expect(lost.runner.runs).to.deep.equal([]);
    expect(lost.seen()).to.deep.equal(["take #7"]);
  });

  it("that can't be written are tried again, and note nothing that isn't so", async () => {
    const { checkpoint, clock, end, failures, seen, held, log } = await begin();
    failures.plan("extend");
    await checkpoint({ part: 1 });
    expect(held).to.not.have.property("checkpointAt");
    failures.plan("checkpoint");
    await clock.advance(1_000);
    await clock.advance(1_000);
    const written = ["extend #1", "extend #1", 'checkpoint {"part":1} #7', 'checkpoint {"part":1} #7'];
    expect(seen()).to.deep.equal(written);
    expect(log.events().filter((event) => event === "checkpoint-not-written")).to.have.length(2);
    await end({ kind: "succeeded", result: 1 });
  });

  it("are tried again at the end, too", async () => {
    const { checkpoint, clock, end, failures, seen } = await begin(earlier);
    await checkpoint(1);
    await checkpoint(2);
    failures.plan("checkpoint");
    await end(failed);
    await clock.advance(1_000);
    expect(seen().slice(1)).to.deep.equal([
      "checkpoint 1 #7",
      ...["checkpoint 2 #7", "checkpoint 2 #7", "retry (no) #1", "hide message 10"],
    ]);
  });

  it("are tried for minutes, and hold up no end if their table refuses them for longer", async () => {
    const { checkpoint, clock, end, failures, seen, log } = await begin(earlier);
    await checkpoint(1);
    await checkpoint(2);
    for (let times = 0; times < 12; times++) failures.plan("checkpoint");
    await end(failed);
    await clock.advance(120_000);
    const calls = seen().slice(1);
    const written = calls.indexOf("retry (no) #1");
    expect(calls.slice(0, written).filter((call) => call === "checkpoint 2 #7")).to.have.length(13);
    expect(log.events()).to.not.include("checkpoint-not-written");
    const alone = await begin(earlier);
    await alone.checkpoint(1);
    await alone.checkpoint(2);
    for (let times = 0; times < 100; times++) alone.failures.plan("checkpoint");
    await alone.end(failed);
    await alone.clock.advance(240_000);
    expect(alone.seen()).to.include("retry (no) #1");
    expect(alone.log.events()).to.include("checkpoint-not-written");
  });

  it("can't be kept without records", async () => {
    const { run, end } = await begin({}, ({ effects }) => Object.assign(effects, { checkpoints: undefined }));
    expect(run().events.onCheckpoint).to.equal(undefined);
    await end({ kind: "succeeded", result: 1 });
  });
});
