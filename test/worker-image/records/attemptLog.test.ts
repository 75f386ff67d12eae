import { expect } from "chai";
import fc from "fast-check";
import { type LoggedAttempt } from "../../../contract/records/record";
import { logAttempt } from "../../../worker-image/src/records/attemptLog";

const attempt: LoggedAttempt = {
  ...{ attempt: 1, worker: "i-0123456789abcdef0", outcome: "failed" },
  ...{ startedAt: "2026-11-02T10:00:01.000Z", endedAt: "2026-11-02T10:00:02.000Z" },
  error: { name: "TypeError", message: "no", frames: ["check (jobs/a.ts:8:11)"] },
};

describe("logAttempt", () => {
  const logOf = (attempts: LoggedAttempt[]) =>
    attempts.reduce<LoggedAttempt[]>((log, each) => logAttempt(log, each), []);

  it("keeps the last ten attempts, with their errors' frames", () => {
    const log = logOf(Array.from({ length: 13 }, (_, index) => ({ ...attempt, attempt: index + 1 })));
    expect(log.map((each) => each.attempt)).to.deep.equal([4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    expect(log.at(-1)).to.deep.equal({ ...attempt, attempt: 13 });
  });

  it("leaves out the frames of the oldest before it leaves out an attempt", () => {
    const frames = Array.from({ length: 5 }, () => "handle (jobs/a.ts:8:11)".padEnd(200, "x"));
    const error = { name: "TypeError", message: `${"long ".repeat(200)}end`, frames };
    const log = logOf(Array.from({ length: 6 }, (_, index) => ({ ...attempt, attempt: index + 1, error })));
    expect(log).to.have.length(6);
    expect(log[0]!.error!.frames).to.equal(undefined);
    expect(log.at(-1)!.error!.frames).to.deep.equal(frames);
    expect(log.at(-1)!.error!.message).to.match(/^long.{150,195}end$/s);
  });

  it("stays within 4 KB and never throws, whatever the errors are", () => {
    const error = fc.record({
      name: fc.string({ unit: "binary", maxLength: 200 }),
      message: fc.string({ unit: "binary", maxLength: 3_000 }),
      frames: fc.array(fc.string({ unit: "binary", maxLength: 1_000 }), { maxLength: 5 }),
    });
    fc.assert(
      fc.property(fc.array(error, { maxLength: 15 }), (errors) => {
        const log = logOf(errors.map((each) => ({ ...attempt, error: each })));
        expect(Buffer.byteLength(JSON.stringify(log))).to.be.at.most(4_096);
      }),
    );
  });
});
