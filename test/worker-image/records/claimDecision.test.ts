import { expect } from "chai";
import { type JobEnvelope, type Submission } from "../../../contract/messages/envelope";
import { type JobRecord, jobStates } from "../../../contract/records/record";
import { digestOf } from "../../../functions/frontend/requests/digest";
import { decideClaim } from "../../../worker-image/src/records/claimDecision";
import { type ClaimRequest } from "../../../worker-image/src/records/records";
import { guardAgainstLeaks } from "../../support/leakGuard";
import { envelope } from "../helpers/doubles";

const now = 1_000_000;

function record(fields: Partial<JobRecord>): JobRecord {
  return {
    id: "job-1",
    type: "echo",
    state: "queued",
    attempts: 0,
    submittedAt: "2026-01-01T00:00:00.000Z",
    ...fields,
  };
}

function request(fields: Partial<ClaimRequest> = {}): ClaimRequest {
  return {
    job: envelope(),
    messageId: "m1",
    receiveCount: 1,
    isRedriven: false,
    worker: "w2",
    maxAttempts: 3,
    now,
    leaseUntil: now + 30_000,
    ...fields,
  };
}

const error = { name: "TypeError", message: "no" };
const leased = { state: "running", worker: "w1", messageId: "m1", leaseUntil: now + 1, attempts: 1 } as const;
const expired = { ...leased, leaseUntil: now } as const;
const suspect = (attempts: number, lossesAlone = 0, deferrals = 1) => ({
  ...{ action: "suspect", attempts, lossesAlone, deferrals },
});
const lostAlone = (attempt: number) =>
  `Attempt ${attempt} was cut off: its worker ended or went silent (w1), for the second time while the job ran alone`;
const start = (attempt: number, isFresh = false) => ({ action: "start", attempt, isFresh });

const cases: [string, JobRecord | undefined, Partial<ClaimRequest>, object][] = [
  ["a job without a record starts", undefined, {}, start(1, true)],
  ["a redriven job without a record starts", undefined, { isRedriven: true }, start(1, true)],
  ["a queued job starts", record({}), {}, start(1)],
  ["a queued job's attempts continue to count", record({ attempts: 2, error }), {}, start(3)],
  ["a queued job without attempts left has failed", record({ attempts: 3, error }), {}, { action: "exhaust", error }],
  [
    "a queued job without attempts left and without an error has failed with a reason",
    record({ attempts: 3 }),
    {},
    { action: "exhaust", error: { name: "NoAttemptsLeft", message: "All 3 attempts were used" } },
  ],
  ["a job's own, lower limit counts", record({ attempts: 1, error }), { maxAttempts: 1 }, { action: "exhaust", error }],
  ["a queued job to be cancelled is cancelled", record({ cancelRequestedAt: "x" }), {}, { action: "cancel" }],
  [
    "a queued job to be cancelled that has no attempts left is cancelled",
    record({ attempts: 3, cancelRequestedAt: "x" }),
    {},
    { action: "cancel" },
  ],
  ["the message of a running job waits", record(leased), {}, { action: "wait", until: now + 1 }],
  [
    "the message of a running job waits for a worker with the longest lease, whose clock is some minutes ahead",
    record({ ...leased, leaseUntil: now + 43_500_000 }),
    {},
    { action: "wait", until: now + 43_500_000 },
  ],
  [
    "a job whose worker died with a clock that was far ahead is to run again, alone",
    record({ ...leased, leaseUntil: now + 43_500_001 }),
    {},
    suspect(0),
  ],
  [
    "another message of a job whose worker has a clock far ahead is dropped nevertheless",
    record({ ...leased, messageId: "m2", leaseUntil: now + 86_400_000 }),
    {},
    { action: "drop", because: "another message of the job is being worked on" },
  ],
  [
    "the message of a running job to be cancelled waits: its worker will see to it",
    record({ ...leased, cancelRequestedAt: "x" }),
    {},
    { action: "wait", until: now + 1 },
  ],
  [
    "another message of a running job is dropped",
    record(leased),
    { messageId: "m2" },
    { action: "drop", because: "another message of the job is being worked on" },
  ],
  [
    "another message of a job out of attempts that runs its last is dropped",
    record({ ...leased, attempts: 3 }),
    { messageId: "m2" },
    { action: "drop", because: "another message of the job is being worked on" },
  ],
  [
    "the same worker meeting its own message again waits",
    record({ ...leased, worker: "w2" }),
    {},
    { action: "wait", until: now + 1 },
  ],
  [
    "a claim whose answer got lost is recognised",
    record({ ...leased, worker: "w2", leaseUntil: now + 30_000, attempts: 2 }),
    {},
    { action: "already-started", attempt: 2 },
  ],
  [
    "a job whose lease has ended is to run again, alone, and its attempt doesn't count",
    record(expired),
    {},
    suspect(0),
  ],
  [
    "a job whose lease has ended is to run again, alone, by another message too",
    record(expired),
    { messageId: "m2" },
    suspect(0),
  ],
  [
    "a job whose lease has ended is to run again, alone, for a worker without other jobs too",
    record(expired),
    { isAlone: true },
    suspect(0),
  ],
  [
    "a running job without a lease is to run again, alone",
    record({ ...leased, leaseUntil: undefined }),
    {},
    suspect(0),
  ],
  ["a lost attempt doesn't count, though it was the last", record({ ...expired, attempts: 3 }), {}, suspect(2)],
  [
    "a suspect is put off by a worker that has other jobs",
    record({ suspect: true, deferrals: 4 }),
    {},
    suspect(0, 0, 5),
  ],
  ["a suspect starts on a worker that has no other job", record({ suspect: true }), { isAlone: true }, start(1)],
  [
    "a suspect to be cancelled is cancelled",
    record({ suspect: true, cancelRequestedAt: "x" }),
    {},
    { action: "cancel" },
  ],
  [
    "a suspect lost alone once may run alone again",
    record({ ...expired, suspect: true, deferrals: 9 }),
    {},
    suspect(0, 1),
  ],
  [
    "a suspect lost alone twice has failed",
    record({ ...expired, suspect: true, lossesAlone: 1 }),
    {},
    { action: "exhaust", error: { name: "WorkerLost", message: lostAlone(1) } },
  ],
  [
    "a suspect lost alone twice keeps its reason if it is lost while it is dead-lettered",
    record({ ...expired, suspect: true, lossesAlone: 2, error }),
    {},
    { action: "exhaust", error },
  ],
  [
    "a job whose lease has ended and that is to be cancelled is cancelled",
    record({ ...expired, cancelRequestedAt: "x" }),
    {},
    { action: "cancel" },
  ],
  [
    "a redriven failed job starts with attempts from zero",
    record({ state: "failed", attempts: 3, messageId: "m0" }),
    { isRedriven: true },
    start(1, true),
  ],
  [
    "a redriven message that failed and wasn't deleted is dropped",
    record({ state: "failed", attempts: 3, messageId: "m1" }),
    { isRedriven: true },
    { action: "drop", because: "the job has failed" },
  ],
];

describe("decideClaim", () => {
  guardAgainstLeaks();

  for (const [name, found, fields, expected] of cases) {
    it(name, () => expect(decideClaim(found, request(fields))).to.deep.equal(expected));
  }

  const times = { submittedAt: "2026-01-01T00:00:00.000Z", notBefore: "2026-01-01T00:01:30.000Z" };
  const submissions: [string, Submission, Partial<JobRecord>][] = [
    ["plainly", { type: "echo", payload: { a: 1, b: [2] } }, {}],
    ["for a tenant", { type: "echo", payload: 1, tenant: "acme" }, {}],
    ["with a delay", { type: "echo", payload: 1, delaySeconds: 90 }, times],
    ["with no delay", { type: "echo", payload: 1, delaySeconds: 0 }, {}],
    ["for a time", { type: "echo", payload: 1, runAt: times.notBefore }, times],
  ];
  const ends = [
    ["succeeded", "has succeeded"],
    ["cancelled", "was cancelled"],
  ] as const;
  for (const [state, ended] of ends) {
    for (const [how, submission, fields] of submissions) {
      const found = record({ state, attempts: 1, messageId: "m0", digest: digestOf(submission), ...fields });
      const { type, payload, tenant } = submission;
      const decide = (change: Partial<JobEnvelope>) =>
        decideClaim(found, request({ job: envelope({ type, payload, tenant, ...change }) }));

      it(`a duplicate of a job that was submitted ${how} and ${ended} is dropped`, () => {
        expect(decide({}).action).to.equal("drop");
        expect(decide({ maxAttempts: 2 }).action).to.equal("drop");
      });

      it(`one that differs from a job that was submitted ${how} and ${ended} is refused`, () => {
        for (const change of [{ payload: "mended" }, { tenant: "other" }, { type: "other" }]) {
          const decision = decide(change);
          expect(decision.action, JSON.stringify(change)).to.equal("refuse");
          expect(decision)
            .to.have.property("reason")
            .that.matches(/^Job job-1 has (succeeded|been cancelled) with another/);
        }
      });
    }

    it(`a message of a job that ${ended}, of which the submission is unknown, is dropped`, () => {
      expect(decideClaim(record({ state, attempts: 1, messageId: "m0" }), request()).action).to.equal("drop");
    });
  }

  it("a new message of a failed job is refused, whatever it holds, with the way to have it accepted", () => {
    for (const payload of [{}, "mended"]) {
      const found = record({ state: "failed", attempts: 3, messageId: "m0" });
      const decision = decideClaim(found, request({ job: envelope({ payload }) }));
      const reason =
        "Job job-1 has failed before: send it with the attribute `reason`, as dead letters have it, or under a new id";
      expect(decision).to.deep.equal({ action: "refuse", reason });
    }
    const same = record({ state: "failed", attempts: 3, messageId: "m1" });
    expect(decideClaim(same, request())).to.deep.equal({ action: "drop", because: "the job has failed" });
  });

  it("never starts a job that is finished and not redriven, nor one that is leased, whatever else holds", () => {
    for (const state of jobStates) {
      for (const attempts of [0, 1, 3, 9]) {
        for (const messageId of [undefined, "m1", "m2"]) {
          for (const cancelRequestedAt of [undefined, "2026-01-01T00:00:00.000Z"]) {
            for (const leaseUntil of [undefined, now - 1, now + 1]) {
              const found = record({ state, attempts, messageId, cancelRequestedAt, leaseUntil, worker: "w1" });
              const decision = decideClaim(found, request());
              const isFree = state === "queued";
              const mayStart = isFree && attempts < 3 && !cancelRequestedAt;
              expect(decision.action === "start", JSON.stringify(found)).to.equal(mayStart);
            }
          }
        }
      }
    }
  });
});
