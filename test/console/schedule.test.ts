import { expect } from "chai";
import { scheduleWords, whenOf } from "../../console/schedule";

describe("A schedule's words", () => {
  it("say the usual expressions, and leave others to themselves", () => {
    const words: Record<string, string> = {
      "rate(5 minutes)": "every 5 minutes",
      "rate(1 hour)": "every hour",
      "cron(0 2 * * ? *)": "daily at 02:00",
      "cron(5 * ? * * *)": "hourly at :05",
      "cron(0 8 ? * MON-FRI *)": "Mon to Fri at 08:00",
      "cron(30 18 ? * SAT,SUN *)": "Sat, Sun at 18:30",
      "cron(0 6 1 * ? *)": "on day 1 of each month at 06:00",
      "cron(0/15 * * * ? *)": "",
      "cron(0 6 ? * 2#1 *)": "",
      "cron(0 6 L * ? *)": "",
      "cron(0 6 1 1 ? 2027)": "",
      "at(2027-01-01T00:00:00)": "",
    };
    for (const [expression, said] of Object.entries(words)) expect(whenOf(expression), expression).to.equal(said);
  });

  it("say the time zone of what has one, and that a schedule is off", () => {
    const [name, daily] = ["a", "cron(0 2 * * ? *)"];
    expect([
      scheduleWords({ name, expression: daily }),
      scheduleWords({ name, expression: daily, timeZone: "Europe/Berlin", enabled: false }),
      scheduleWords({ name, expression: "rate(7 days)" }),
      scheduleWords({ name, expression: "cron(0 6 L * ? *)" }),
    ]).to.deep.equal(["daily at 02:00, UTC", "off, daily at 02:00, Europe/Berlin", "every 7 days", "UTC"]);
  });
});
