import { expect } from "chai";
import { JobLog, logBounds, maxLineCharacters } from "../../../worker-image/src/handlers/jobLog";
import { FakeClock } from "../helpers/fakeClock";

describe("JobLog", () => {
  function setUp(isBehind: () => boolean = () => false) {
    const clock = new FakeClock();
    const written: string[] = [];
    const log = new JobLog(clock, (level, message) => void written.push(`${level} ${message}`), isBehind);
    return { clock, written, log };
  }

  it("bounds a line, and keeps what is about it apart", () => {
    const lines: unknown[] = [];
    const log = new JobLog(new FakeClock(), (...line) => void lines.push(line));
    log.log("info", "x".repeat(20_000_000), { stream: "stdout" });
    log.log("warn", "a", { fields: { stream: "mine", _aws: 1 } });
    expect((lines[0] as string[])[1])
      .to.have.length(maxLineCharacters)
      .and.to.include("(20000000 characters)");
    expect(lines[1]).to.deep.equal(["warn", "a", { fields: { stream: "mine", _aws: 1 } }]);
  });

  it("leaves out what is too much, says how much that was, and writes the last lines in any case", () => {
    const { written, log } = setUp();
    for (let line = 1; line <= 600_000; line++) log.log("info", `line ${line}`);
    log.end();
    expect(written).to.have.length(logBounds.lines + 1 + 20);
    expect(written[logBounds.lines]).to.equal(`warn ${600_000 - logBounds.lines - 20} more lines left out`);
    expect(written.at(-1)).to.equal("info line 600000");
    log.end();
    expect(written).to.have.length(logBounds.lines + 21);
  });

  it("bounds the characters as well", () => {
    const { written, log } = setUp();
    for (let line = 1; line <= 100_000; line++) log.log("info", "x".repeat(maxLineCharacters));
    log.end();
    expect(written.join("").length).to.be.within(900_000, 1_200_000);
  });

  it("lets a job that runs for long continue to log", async () => {
    const { clock, written, log } = setUp();
    for (let line = 1; line <= logBounds.lines + 50; line++) log.log("info", "flood");
    for (let second = 0; second < 100; second++) {
      await clock.advance(1_000);
      for (let line = 1; line <= logBounds.linesPerSecond; line++) log.log("info", `line ${second}.${line}`);
    }
    log.end();
    expect(written[logBounds.lines]).to.equal("warn 50 more lines left out");
    expect(written).to.have.length(logBounds.lines + 1 + 100 * logBounds.linesPerSecond);
  });

  it("writes nothing while output is behind", () => {
    let isBehind = false;
    const { written, log } = setUp(() => isBehind);
    log.log("info", "a");
    isBehind = true;
    for (let line = 0; line < 100; line++) log.log("info", `b${line}`);
    isBehind = false;
    log.log("info", "c");
    log.end();
    expect(written).to.deep.equal(["info a", "warn 100 more lines left out", "info c"]);
  });
});
