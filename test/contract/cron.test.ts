import { expect } from "chai";
import { Cron } from "croner";
import fc from "fast-check";
import { readCron, timeIn } from "../../contract/cron";

/** The next times, in the zone's own offset from UTC. */
function nextTimes(fields: string, from: string, count: number, timeZone = "UTC"): string[] {
  const next = readCron(fields, timeZone);
  const times: string[] = [];
  for (let at = next(Date.parse(from)); at !== undefined && times.length < count; at = next(at)) {
    times.push(new Date(at).toISOString().replace(":00.000Z", "Z"));
  }
  return times;
}

describe("cron expressions of EventBridge Scheduler", () => {
  const from = "2026-11-26T12:00:00Z";

  it("have the wildcards of its dialect", () => {
    const days = (fields: string, count: number) =>
      nextTimes(`0 3 ${fields}`, from, count).map((time) => time.slice(0, 10));
    expect(days("? * MON-FRI *", 3)).to.deep.equal(["2026-11-27", "2026-11-30", "2026-12-01"]);
    expect(days("? * 2-6 *", 3)).to.deep.equal(["2026-11-27", "2026-11-30", "2026-12-01"]);
    expect(days("? * 6L *", 2)).to.deep.equal(["2026-11-27", "2026-12-25"]);
    expect(days("? * FRIL *", 2)).to.deep.equal(["2026-11-27", "2026-12-25"]);
    expect(days("? * L *", 1)).to.deep.equal(["2026-11-28"]);
    expect(days("? * 3#2 *", 2)).to.deep.equal(["2026-12-08", "2027-01-12"]);
    expect(days("L * ? *", 2)).to.deep.equal(["2026-11-30", "2026-12-31"]);
    expect(days("LW * ? *", 2)).to.deep.equal(["2026-11-30", "2026-12-31"]);
    expect(days("1W,15W * ? *", 4)).to.deep.equal(["2026-12-01", "2026-12-15", "2027-01-01", "2027-01-15"]);
    // The first of August 2027 is a Sunday, and the last of October, too.
    expect(days("1W 8 ? 2027", 2)).to.deep.equal(["2027-08-02"]);
    expect(days("31W 10 ? 2027", 2)).to.deep.equal(["2027-10-29"]);
    expect(days("1,15 JAN,JUL ? 2028/2", 3)).to.deep.equal(["2028-01-01", "2028-01-15", "2028-07-01"]);
    expect(days("29 2 ? *", 2)).to.deep.equal(["2028-02-29", "2032-02-29"]);
    expect(days("31 2 ? *", 1)).to.deep.equal([]);
    expect(days("1 1 ? 2020", 1)).to.deep.equal([]);
    expect(nextTimes("5/20 9-10 ? * * *", from, 4).map((time) => time.slice(11, 16))).to.deep.equal([
      ...["09:05", "09:25", "09:45", "10:05"],
    ]);
  });

  it("leave out times that clocks leave out, and have those once that clocks show twice", () => {
    const berlin = (fields: string, at: string, count: number) => nextTimes(fields, at, count, "Europe/Berlin");
    // On 28 March 2027 clocks go from 2:00 to 3:00, on 31 October from 3:00 to 2:00.
    expect(berlin("30 2 * * ? *", "2027-03-27T00:00:00Z", 3)).to.deep.equal([
      ...["2027-03-27T01:30Z", "2027-03-29T00:30Z", "2027-03-30T00:30Z"],
    ]);
    expect(berlin("30 * * * ? *", "2027-03-27T23:45:00Z", 3)).to.deep.equal([
      ...["2027-03-28T00:30Z", "2027-03-28T01:30Z", "2027-03-28T02:30Z"],
    ]);
    expect(berlin("30 2 * * ? *", "2027-10-30T12:00:00Z", 2)).to.deep.equal(["2027-10-31T00:30Z", "2027-11-01T01:30Z"]);
    expect(berlin("30 * * * ? *", "2027-10-30T23:45:00Z", 3)).to.deep.equal([
      ...["2027-10-31T00:30Z", "2027-10-31T02:30Z", "2027-10-31T03:30Z"],
    ]);
    expect(timeIn("Europe/Berlin", Date.UTC(2_027, 2, 28, 2, 30))).to.equal(undefined);
    expect(timeIn("Asia/Kathmandu", Date.UTC(2_027, 0, 1))).to.equal(Date.parse("2026-12-31T18:15:00Z"));
    expect(nextTimes("0 0 1 1 ? *", from, 1, "Pacific/Kiritimati")).to.deep.equal(["2026-12-31T10:00Z"]);
  });

  it("have the times that a library for cron gives where clocks don't change", () => {
    const list = (least: number, most: number) =>
      fc.oneof(
        ...[fc.constant("*"), fc.integer({ min: least, max: most }).map(String)],
        fc.tuple(fc.integer({ min: least, max: most }), fc.integer({ min: 1, max: 12 })).map((two) => two.join("/")),
        fc.uniqueArray(fc.integer({ min: least, max: most }), { minLength: 1, maxLength: 3 }).map((all) => all.join()),
        fc
          .tuple(fc.integer({ min: least, max: most }), fc.integer({ min: least, max: most }))
          .map((two) => two.sort((one, other) => one - other).join("-")),
      );
    const days = fc.oneof(
      ...[list(1, 31), fc.constantFrom("L", "LW"), fc.integer({ min: 1, max: 31 }).map((day) => `${day}W`)],
    );
    const weekday = fc.integer({ min: 1, max: 7 });
    const weekdays = fc.oneof(
      weekday.map((day) => `${day}L`),
      fc.tuple(weekday, fc.integer({ min: 1, max: 5 })).map((two) => two.join("#")),
      fc.uniqueArray(weekday, { minLength: 1, maxLength: 3 }).map((all) => all.join()),
    );
    const either = fc.oneof(
      fc.tuple(days, list(1, 12), fc.constant("?")),
      fc.tuple(fc.constant("?"), list(1, 12), weekdays),
    );
    const fields = fc.tuple(list(0, 59), list(0, 23), either, fc.constantFrom("*", "2027-2030"));
    const start = fc.date({ min: new Date("2024-01-01"), max: new Date("2028-01-01"), noInvalidDate: true });
    fc.assert(
      fc.property(fields, start, ([minute, hour, [day, month, dayOfWeek], year], begin) => {
        const expression = [minute, hour, day, month, dayOfWeek, year].join(" ");
        const options = { timezone: "UTC", paused: true, alternativeWeekdays: true, sloppyRanges: true };
        const expected = new Cron(`0 ${expression}`, options).nextRuns(3, begin).map((time) => time.toISOString());
        const next = readCron(expression, "UTC");
        const got: string[] = [];
        for (let at = next(+begin); at !== undefined && got.length < 3; at = next(at)) {
          got.push(new Date(at).toISOString());
        }
        expect(got, expression).to.deep.equal(expected);
      }),
      { numRuns: 300 },
    );
  });

  it("are refused by the field that is wrong", () => {
    for (const [fields, words] of [
      ["* * * ? *", "six fields"],
      ["60 * * * ? *", "from 0 to 59, got 60"],
      ["* * * * 8 *", "from 1 to 7, got 8"],
      ["x * * * ? *", "got X"],
      ["5- * * * ? *", "got 5-"],
      ["1-0 * * * ? *", "got 1-0"],
      ["*/0 * * * ? *", "got */0"],
      [" * * * ? *", "got "],
      ["* * * * ? 1969", "from 1970 to 2199"],
    ] as const) {
      expect(() => readCron(fields, "UTC"), fields).to.throw(words);
    }
    expect(() => readCron("* * * * ? *", "Mars/Olympus")).to.throw("Mars/Olympus");
  });
});
