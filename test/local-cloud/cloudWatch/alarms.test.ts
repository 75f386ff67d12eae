import { expect } from "chai";
import { Alarms, type AlarmSettings } from "../../../local-cloud/cloudWatch/alarms";

const metric = { namespace: "N", metricName: "m", dimensions: { A: "1" }, periodSeconds: 60 };

function setUp(settings: Partial<AlarmSettings> = {}) {
  let now = 0;
  const states: string[] = [];
  const alarms = new Alarms({ now: () => now, sample: () => undefined, onChange: (_, state) => states.push(state) });
  alarms.put({
    ...{ name: "a", arn: "arn", description: "d", metrics: { m: { ...metric, stat: "Maximum" } }, expression: "m" },
    ...{ comparison: "GreaterThanThreshold", threshold: 2, evaluationPeriods: 1, datapointsToAlarm: 1 },
    ...{ missing: "missing", actions: { OK: [], ALARM: [], INSUFFICIENT_DATA: [] } },
    ...settings,
  });
  const minutes = (...values: (number | undefined)[]) => {
    for (const value of values) {
      now += 60_000;
      if (value !== undefined) alarms.measure("N", { A: "1" }, { m: value });
      alarms.run();
    }
  };
  return { alarms, states, minutes, end: () => alarms.stop() };
}

describe("Alarms", () => {
  const cases: [name: string, settings: Partial<AlarmSettings>, values: (number | undefined)[], states: string[]][] = [
    ["says each new state once", {}, [1, 3, 3, 2, 2, 5], ["OK", "ALARM", "OK", "ALARM"]],
    [
      "fires once all of its periods in a row breach",
      { evaluationPeriods: 3, datapointsToAlarm: 3 },
      [1, 3, 3, 3, 1],
      ["OK", "ALARM", "OK"],
    ],
    [
      "fires once some of its periods breach",
      { evaluationPeriods: 3, datapointsToAlarm: 2 },
      [1, 3, 1, 3],
      ["OK", "ALARM"],
    ],
    ["fires at lesser values", { comparison: "LessThanThreshold" }, [3, 1], ["OK", "ALARM"]],
    ["without data: missing", {}, [1, ...none(4)], ["OK", "INSUFFICIENT_DATA"]],
    ["without data: ignore", { missing: "ignore" }, [...none(2), 3, ...none(4)], ["ALARM"]],
    ["without data: breaching", { missing: "breaching" }, [undefined, 1], ["ALARM", "OK"]],
    ["without data: notBreaching", { missing: "notBreaching" }, [undefined, 3, undefined], ["OK", "ALARM", "OK"]],
    ["doesn't fire on two values if it needs five", { evaluationPeriods: 5, datapointsToAlarm: 5 }, [3, 3], []],
    [
      "takes a statistic over a longer period",
      { metrics: { m: { ...metric, stat: "Sum", periodSeconds: 180 } } },
      [1, 1, 1, 1, 0, 0],
      ["OK", "ALARM", "OK"],
    ],
  ];
  for (const [name, settings, values, states] of cases) {
    it(name, () => {
      const alarms = setUp(settings);
      alarms.minutes(...values);
      alarms.end();
      expect(alarms.states).to.deep.equal(states);
    });
  }

  it("reads the embedded metric format, one value or a list, by dimension", () => {
    const { alarms, states, end } = setUp({ metrics: { m: { ...metric, stat: "Sum" } } });
    const line = (A: string, m: unknown) => {
      const directive = { Namespace: "N", Dimensions: [["A"]], Metrics: [{ Name: "m" }] };
      alarms.hear(JSON.stringify({ _aws: { Timestamp: 0, CloudWatchMetrics: [directive] }, A, m }));
    };
    line("2", 100);
    alarms.hear("no JSON with _aws");
    line("1", 1);
    alarms.run();
    line("1", [1, 1]);
    alarms.run();
    end();
    expect(states).to.deep.equal(["OK", "ALARM"]);
  });

  it("lists its alarms, keeps a state over a change, and forgets what is deleted", () => {
    const { alarms, minutes, end } = setUp();
    minutes(3);
    expect(alarms.list()).to.deep.equal([
      { name: "a", description: "d", state: "ALARM", since: "1970-01-01T00:01:00.000Z" },
    ]);
    alarms.delete("a");
    expect(alarms.list()).to.deep.equal([]);
    end();
  });
});

function none(count: number): undefined[] {
  return Array.from({ length: count }, () => undefined);
}
