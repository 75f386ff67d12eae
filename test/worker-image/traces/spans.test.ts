import { expect } from "chai";
import { type LoggedAttempt } from "../../../contract/records/record";
import { type EndedAttempt, traceOf } from "../../../worker-image/src/job/trace";
import { spansOf } from "../../../worker-image/src/traces/spans";
import { envelope } from "../helpers/doubles";

const start = Date.parse("2026-01-01T00:00:00.000Z");
const at = (seconds: number) => new Date(start + seconds * 1_000).toISOString();
const job = envelope();

function ended(fields: Partial<EndedAttempt> = {}): EndedAttempt {
  return {
    ...{ job, attempt: 1, trace: traceOf(job, { attempt: 1, claim: 1 }, ""), messageId: "m", sentAt: start + 1_000 },
    ...{ record: record(), begunAt: start + 4_000, endedAt: start + 9_000, outcome: "succeeded", error: undefined },
    ...fields,
  };
}

function record(attemptLog?: LoggedAttempt[], fields: { retriedAt?: string } = {}): EndedAttempt["record"] {
  return {
    id: "job-1",
    type: "echo",
    state: "running",
    attempts: 1,
    submittedAt: job.submittedAt,
    attemptLog,
    ...fields,
  };
}

const logged = (outcome: LoggedAttempt["outcome"], endedAt: string): LoggedAttempt => ({
  ...{ attempt: 1, worker: "w", startedAt: at(0), endedAt, outcome },
});

/** Names and times, in seconds from the submission. */
const shown = (attempt: EndedAttempt) =>
  spansOf(attempt).map(({ name, startTime, endTime }) => [
    name,
    (startTime - start) / 1_000,
    (endTime - start) / 1_000,
  ]);

describe("spansOf", () => {
  it("has the way to the queue, the wait and the run of a first attempt, with what is known of the job", () => {
    expect(shown(ended())).to.deep.equal([
      ["submit", 0, 1],
      ["wait", 1, 4],
      ["attempt", 4, 9],
    ]);
    const full = { ...job, tenant: "acme", labels: { campaign: "spring" } };
    const error = { name: "TypeError", message: "no" };
    const [submit, wait, attempt] = spansOf(ended({ job: full, outcome: "failed", error })).map(
      (span) => span.attributes,
    );
    const about = { "job.id": "job-1", "job.type": "echo", "job.tenant": "acme", "job.label.campaign": "spring" };
    expect(submit).to.deep.equal({ ...about, "job.replay_of": undefined });
    expect(wait).to.deep.equal({ ...submit, "job.attempt": 1 });
    const run = { "job.outcome": "failed", "error.type": "TypeError" };
    const message = { "messaging.system": "aws_sqs", "messaging.message.id": "m" };
    expect(attempt).to.deep.equal({ ...wait, ...run, ...message });
  });

  it("has the wait since the attempt before, or a retry, and no submission again", () => {
    const second = { attempt: 2, record: record([logged("failed", at(2))]) };
    expect(shown(ended(second))).to.deep.equal([
      ["wait", 2, 4],
      ["attempt", 4, 9],
    ]);
    const retried = record([logged("failed", at(2))], { retriedAt: at(3) });
    expect(shown(ended({ record: retried }))[0]).to.deep.equal(["wait", 3, 4]);
    expect(shown(ended({ attempt: 2, record: undefined }))[0]).to.deep.equal(["wait", 0, 4]);
    expect(shown(ended({ record: undefined }))[0]).to.deep.equal(["submit", 0, 1]);
  });

  it("has the submission after attempts whose workers were lost, and so exported nothing", () => {
    expect(shown(ended({ record: record([logged("lost", at(3))]) })).slice(0, 2)).to.deep.equal([
      ["submit", 0, 1],
      ["wait", 3, 4],
    ]);
  });

  it("counts the time until a job may start as its wait, and never begins a span after its end", () => {
    const later = { ...job, notBefore: at(3) };
    expect(shown(ended({ job: later, sentAt: start + 3_000 })).slice(0, 2)).to.deep.equal([
      ["submit", 0, 0],
      ["wait", 0, 4],
    ]);
    const early = ended({ begunAt: start - 1_000, endedAt: start, record: record([logged("lost", at(3))]) });
    expect(shown(early)).to.deep.equal([
      ["submit", -1, -1],
      ["wait", -1, -1],
      ["attempt", -1, 0],
    ]);
  });
});
