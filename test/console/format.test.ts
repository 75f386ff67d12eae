import { expect } from "chai";
import {
  capitalised,
  count,
  duration,
  fieldTime,
  grouped,
  moment,
  quoted,
  size,
  timeOfField,
} from "../../console/format";

describe("The console's figures", () => {
  it("say durations in at most two units", () => {
    const seconds = [0.64, 4.2, 59.7, 200, 3_600, 7_500, 273_600];
    expect(seconds.map((each) => duration(each * 1_000))).to.deep.equal([
      ...["640 ms", "4.2 s", "1 min", "3 min 20 s", "1 h", "2 h 5 min", "3 d 4 h"],
    ]);
    expect(duration(NaN)).to.equal("–");
    expect(duration(-5)).to.equal("0 ms");
  });

  it("say the day of a time unless it is today", () => {
    const now = new Date(2_026, 10, 26, 12, 0, 0).getTime();
    expect(moment(now - 1_000, now)).to.equal("11:59:59");
    expect(moment(now - 86_400_000, now)).to.equal("25 Nov, 12:00");
    expect(moment(new Date(2_024, 0, 2, 3, 4).getTime(), now)).to.equal("2 Jan 2024, 03:04");
    expect(moment("no time", now)).to.equal("no time");
  });

  it("give times to fields, and take them back", () => {
    const at = "2026-11-26T12:34:00.000Z";
    expect(timeOfField(fieldTime(at))).to.equal(at);
    expect([fieldTime("soon"), timeOfField("")]).to.deep.equal(["", ""]);
  });

  it("count in words, size bytes, and quote for a shell", () => {
    expect([count(1, "job"), count(3_012, "job"), size(812), size(4_100)]).to.deep.equal([
      ...["1 job", "3,012 jobs", "812 bytes", "4.1 KB"],
    ]);
    expect([grouped(24_000), capitalised("retry"), capitalised("")]).to.deep.equal(["24,000", "Retry", ""]);
    expect([quoted("a-1"), quoted("it's; rm *")]).to.deep.equal(["a-1", `'it'\\''s; rm *'`]);
  });
});
