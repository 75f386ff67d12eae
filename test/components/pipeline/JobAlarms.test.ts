import { expect } from "chai";
import fc from "fast-check";
import { BatchJobProcessor, type BatchJobProcessorArgs } from "../../../components";
import { type ComponentSums, embeddedMetrics, metricNamespace, type WriteSums } from "../../../contract/metrics";
import { Alarms } from "../../../local-cloud/cloudWatch/alarms";
import { settingsOf } from "../../../local-cloud/pulumi/resources/cloudwatch";
import { record, type RecordedResource } from "../../support/record";

const wordCount = { name: "word-count", handler: "word-count" };
const build = (args: Partial<BatchJobProcessorArgs>) =>
  record(() => new BatchJobProcessor("media", { processors: [wordCount], ...args }));

describe("JobAlarms", () => {
  let alarms: RecordedResource[];
  let named: Awaited<ReturnType<typeof build>>["named"];
  before(async () => {
    const recorded = await build({ alarms: { email: "ops@example.com" } });
    ({ named } = recorded);
    alarms = recorded.ofType("cloudwatch/metricAlarm:MetricAlarm");
  });

  it("are eight on seventeen metrics, however many types there are", async () => {
    const metricsOf = (all: RecordedResource[]) =>
      all.flatMap(({ inputs }) => (inputs.metricQueries as { metric?: object }[]).filter(({ metric }) => metric));
    expect(metricsOf(alarms)).to.have.length(17);
    const processors = ["a", "b", "c"].map((name) => ({ name, handler: name }));
    const { ofType } = await build({ processors, alarms: { email: "ops@example.com" } });
    expect(ofType("cloudwatch/metricAlarm:MetricAlarm").map(({ name }) => name)).to.have.members([
      ...["media-alarms-dead-letters", "media-alarms-stalled", "media-alarms-no-workers", "media-alarms-stray"],
      ...["media-alarms-api", "media-alarms-scaler", "media-alarms-repair", "media-alarms-sums"],
    ]);
  });

  it("say what happened and where to read on, in what CloudWatch takes", () => {
    for (const { inputs } of alarms) {
      expect(inputs.alarmDescription).to.match(/ What to do: docs\/operations\.md#[a-z-]+$/);
      expect(inputs.alarmDescription).to.have.length.below(1_024);
    }
  });

  it("are mailed by a topic of their own, to which only they may publish", () => {
    expect(named("media-alarms-email").inputs).to.deep.include({ protocol: "email", endpoint: "ops@example.com" });
    const { Statement } = JSON.parse(named("media-alarms-topic-policy").inputs.policy as string) as {
      Statement: { Sid: string }[];
    };
    expect(Statement.slice(1)).to.deep.equal([
      {
        Sid: "SendAlarms",
        Effect: "Allow",
        Principal: { Service: "cloudwatch.amazonaws.com" },
        Action: "sns:Publish",
        Resource: named("media-alarms-email").inputs.topic,
        Condition: {
          ArnLike: { "aws:SourceArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:media-alarms-*" },
        },
      },
    ]);
    for (const { inputs } of alarms) {
      expect(inputs.alarmActions).to.deep.equal([named("media-alarms-email").inputs.topic]);
      expect(inputs.okActions).to.deep.equal(inputs.alarmActions);
    }
  });

  it("go to a given topic, with given thresholds", async () => {
    const topicArn = "arn:aws:sns:us-east-1:123456789012:pager";
    const recorded = await build({ alarms: { topicArn, deadLetters: 10, stalledSeconds: 900 } });
    expect(recorded.resources.filter(({ name }) => /alarms-(topic|email)/.test(name))).to.deep.equal([]);
    expect(recorded.named("media-alarms-stalled").inputs).to.deep.include({ threshold: 900, alarmActions: [topicArn] });
    expect(recorded.named("media-alarms-dead-letters").inputs).to.deep.include({ threshold: 9 });
  });

  it("cost nothing if there are none: no sum is written, and no dead letter counted", async () => {
    const { named: without, resources } = await build({});
    expect(resources.filter(({ name }) => name.includes("alarms"))).to.deep.equal([]);
    const ofMinute = ["minute", "minute-once", "schedule", "invoke", "target"].map((each) => `media-acts-${each}`);
    expect(resources.filter(({ name }) => ofMinute.includes(name))).to.deep.equal([]);
    for (const name of ofMinute) named(name);
    const own = ["media-acts-operator-policy", "media-word-count-queue-dead-letters-policy"];
    for (const name of own) expect(named(name).inputs.policy, name).to.equal(without(name).inputs.policy);
  });

  it("have those sums written that they or the dashboard read, and no others", async () => {
    const read = alarms
      .flatMap(({ inputs }) => inputs.metricQueries as { metric?: { namespace: string; metricName: string } }[])
      .flatMap(({ metric }) => (metric?.namespace === metricNamespace ? [metric.metricName] : []));
    const { writeSums, component } = JSON.parse(named("media-acts-target").inputs.input as string) as WriteSums;
    expect(writeSums).to.have.members(read);
    expect(component).to.equal("project/stack/media");
    const writtenBy = async (args: Partial<BatchJobProcessorArgs>) =>
      (JSON.parse((await build(args)).named("media-acts-target").inputs.input as string) as WriteSums).writeSums;
    expect(await writtenBy({ dashboard: true })).to.deep.equal(["DollarsToday"]);
    const budget = { dollarsPerDay: 1 };
    const all = [...read, "DollarsToday"];
    for (const dashboard of [true, false])
      expect(await writtenBy({ alarms: { email: "a@b" }, budget, dashboard })).to.have.members(all);
  });

  it("on the functions of the minute count what the schedule calls, and nothing else", () => {
    for (const name of ["scaler", "repair", "sums"]) {
      const queries = named(`media-alarms-${name}`).inputs.metricQueries as { metric?: { dimensions: object } }[];
      const { FunctionName, Resource } = queries[0]!.metric!.dimensions as Record<string, string>;
      expect(Resource).to.equal(`${FunctionName}:minute`);
      expect(queries[2]!.metric!.dimensions)
        .to.have.property("RuleName")
        .that.matches(/-schedule/);
    }
    for (const name of ["media-scaler", "media-repair", "media-acts"]) {
      const { arn, name: alias } = named(`${name}-minute`).inputs as { arn: string; name: string };
      expect(alias).to.equal("minute");
      expect(named(`${name}-invoke`).inputs.qualifier).to.equal("minute");
      expect(named(`${name}-minute-once`).inputs).to.include({ qualifier: "minute", maximumRetryAttempts: 0 });
      expect(named(`${name}-target`).inputs.arn, arn).to.match(/minute/);
    }
    expect(named("media-scaler-once").inputs).to.include({ maximumRetryAttempts: 0 });
  });

  describe("over minutes", () => {
    type Trouble = "fails" | "is called in vain" | "stands still";

    /** Measurements of a minute. */
    interface Minute {
      sums?: Partial<ComponentSums>;
      /** Visible messages of the unroutable queue. */
      stray?: number;
      requests?: number;
      failedRequests?: number;
      /** Trouble with its run; a rule that stands still doesn't call it. */
      scaler?: Trouble;
      repair?: Trouble;
      operator?: Trouble;
    }

    /** States as they change, by the minute: `3 stalled ALARM`. */
    function run(minutes: Minute[], given = alarms): string[] {
      let now = 0;
      let minute = 0;
      const changes: string[] = [];
      const evaluated = new Alarms({
        now: () => now,
        sample: () => undefined,
        onChange: ({ name }, state, before) => {
          if (before === "INSUFFICIENT_DATA" && state === "OK") return;
          changes.push(`${minute} ${name.replace("media-alarms-", "")} ${state}`);
        },
      });
      for (const { name, inputs } of given) evaluated.put(settingsOf(inputs, name, name));
      const dimensionsOf = (name: string) => {
        const queries = named(`media-alarms-${name}`).inputs.metricQueries as {
          metric?: { dimensions: Record<string, string> };
        }[];
        return queries.map(({ metric }) => metric?.dimensions);
      };
      const [[unroutable], [api]] = [dimensionsOf("stray"), dimensionsOf("api")];
      for (const { sums, stray = 0, requests = 0, failedRequests = 0, ...how } of minutes) {
        now += 60_000;
        minute++;
        if (how.operator === undefined) {
          const all = { DeadLetters: 0, StalledSeconds: 0, LaunchProblems: 0, ...sums };
          evaluated.hear(JSON.stringify(embeddedMetrics(now, { Component: "project/stack/media" }, all)));
        }
        for (const [name, is] of [
          ...[["scaler", how.scaler] as const, ["repair", how.repair] as const, ["sums", how.operator] as const],
        ]) {
          const [alias, , rule] = dimensionsOf(name);
          if (is === undefined || is === "fails")
            evaluated.measure("AWS/Lambda", alias!, { Invocations: 1, Errors: is ? 1 : 0 });
          if (is !== "stands still") evaluated.measure("AWS/Events", rule!, { Invocations: 1 });
          // Nudges and answers are no runs of the minute.
          evaluated.measure("AWS/Lambda", { FunctionName: alias!.FunctionName! }, { Invocations: 3, Errors: 0 });
        }
        evaluated.measure("AWS/SQS", unroutable!, { ApproximateNumberOfMessagesVisible: stray });
        for (let request = 0; request < requests; request++)
          evaluated.measure("AWS/ApiGateway", api!, { Count: 1, "5xx": Number(request < failedRequests) });
        evaluated.run();
      }
      evaluated.stop();
      return changes;
    }
    const idle = (count: number): Minute[] => Array.from({ length: count }, () => ({}));
    const times = (count: number, minute: Minute) => idle(count).map(() => minute);

    it("an hour at zero load fires nothing", () => {
      expect(run(idle(60))).to.deep.equal([]);
    });

    it("nothing that goes as it should fires anything", () => {
      const usual = fc.record({
        sums: fc.record({ StalledSeconds: fc.nat(600), DeadLetters: fc.constant(7) }),
        requests: fc.nat(20),
        failedRequests: fc.constant(0),
      });
      const property = fc.property(fc.array(usual, { minLength: 60, maxLength: 60 }), (minutes) => {
        expect(run(minutes)).to.deep.equal([]);
      });
      fc.assert(property, { numRuns: 20 });
    });

    it("one failed job among 1,000 fires the alarm on dead letters, once, and it clears though the dead letter stays", () => {
      const letters = (DeadLetters: number) => ({ sums: { DeadLetters }, requests: 200 });
      expect(run([...times(10, letters(0)), ...times(50, letters(1))])).to.deep.equal([
        "11 dead-letters ALARM",
        "16 dead-letters OK",
      ]);
    });

    it("with more dead letters as the bound, a burst in which one job of 1,000 fails fires nothing", async () => {
      const topicArn = "arn:aws:sns:us-east-1:123456789012:pager";
      const { ofType } = await build({ alarms: { topicArn, deadLetters: 10 } });
      const patient = ofType("cloudwatch/metricAlarm:MetricAlarm");
      const letters = (DeadLetters: number) => ({ sums: { DeadLetters }, requests: 500 });
      expect(run([...idle(10), letters(1), ...times(20, letters(2)), ...times(29, letters(3))], patient)).to.deep.equal(
        [],
      );
      expect(run([...idle(10), ...times(50, letters(10))], patient)).to.have.length(2);
    });

    it("a function of the minute that never ran fires, and none does before the first run of a deployment", () => {
      const [never, notYet] = [{ operator: "is called in vain" }, { operator: "stands still" }] as const;
      expect(run([...times(9, never), ...idle(9)])).to.deep.equal(["5 sums ALARM", "10 sums OK"]);
      expect(
        run([...times(3, { ...notYet, scaler: "stands still", repair: "stands still" }), ...idle(60)]),
      ).to.deep.equal([]);
      // The functions that run have no say: alarms may be new where they have long run.
      expect(run([...times(3, notYet), ...idle(60)])).to.deep.equal([]);
    });

    it("dead letters that are hidden for a moment, or sent back, fire nothing", () => {
      const letters = [5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 2, 5, 5, 0, 5, 5, 5, 0, 0, 0];
      expect(run(letters.map((DeadLetters) => ({ sums: { DeadLetters } })))).to.deep.equal([]);
    });

    it("a budget's fires once on a day that costs more, and clears at midnight", async () => {
      const { ofType } = await build({ alarms: { email: "ops@example.com" }, budget: { dollarsPerDay: 25 } });
      const budget = ofType("cloudwatch/metricAlarm:MetricAlarm").filter(({ name }) => name === "media-alarms-budget");
      const dollars = (DollarsToday: number) => ({ sums: { DollarsToday } });
      // Growing by the minute, with a run that is left out; a day of which nothing is known yet begins at zero.
      const day = [0, 10, 25, 25.01, 26, 40, 40].map(dollars);
      const minutes = [...day, { operator: "stands still" as const }, dollars(41), ...day];
      expect(run(minutes, budget)).to.deep.equal(["4 budget ALARM", "10 budget OK", "13 budget ALARM"]);
    });

    it("each fires once and clears", () => {
      const cases: [Minute, number, string[]][] = [
        [{ sums: { StalledSeconds: 601 } }, 4, ["11 stalled ALARM", "15 stalled OK"]],
        [{ sums: { LaunchProblems: 2 } }, 4, ["13 no-workers ALARM", "15 no-workers OK"]],
        [{ sums: { LaunchProblems: 2 } }, 2, []],
        [{ stray: 1 }, 4, ["11 stray ALARM", "19 stray OK"]],
        [{ requests: 10, failedRequests: 2 }, 4, ["13 api ALARM", "17 api OK"]],
        [{ requests: 1_000, failedRequests: 5 }, 4, []],
        [{ requests: 1, failedRequests: 1 }, 4, []],
        [{ scaler: "fails" }, 7, ["15 scaler ALARM", "18 scaler OK"]],
        [{ scaler: "fails" }, 4, []],
        [{ scaler: "is called in vain" }, 9, ["15 scaler ALARM", "20 scaler OK"]],
        [{ repair: "is called in vain" }, 9, ["15 repair ALARM", "20 repair OK"]],
        [{ operator: "fails" }, 7, ["15 sums ALARM", "18 sums OK"]],
        [{ operator: "fails" }, 4, []],
        [{ operator: "is called in vain" }, 9, ["15 sums ALARM", "20 sums OK"]],
        [{ scaler: "stands still" }, 9, ["17 scaler INSUFFICIENT_DATA"]],
        [{ operator: "stands still" }, 5, []],
      ];
      for (const [minute, count, changes] of cases)
        expect(run([...idle(10), ...times(count, minute), ...idle(10)]), JSON.stringify(minute)).to.deep.equal(changes);
    });
  });
});
