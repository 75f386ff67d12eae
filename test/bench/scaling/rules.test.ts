import { expect } from "chai";
import { conditions } from "../../../bench/scaling/conditions";
import { ours, rules } from "../../../bench/scaling/rules/all";
import { createKeda } from "../../../bench/scaling/rules/keda";
import { createOurs } from "../../../bench/scaling/rules/ours";
import { createPoller } from "../../../bench/scaling/rules/poller";
import { createStepScaling } from "../../../bench/scaling/rules/stepScaling";
import { createTargetTracking } from "../../../bench/scaling/rules/targetTracking";
import { type Outcome, simulate } from "../../../bench/scaling/simulate";
import { type Trace } from "../../../bench/scaling/traces";
import { type Rule } from "../../../bench/scaling/world";
import { defaults } from "../../../components/args/defaults";

/** So many jobs at once after ten minutes. */
function jobs(count: number, duration: number): Trace {
  const arrivals = Array.from({ length: count }, () => 600);
  return { name: "jobs", arrivals, durations: arrivals.map(() => duration), seconds: 3_600 };
}

function run(rule: Rule, trace: Trace): Outcome {
  return simulate(trace, rule, conditions, 0);
}

/** Launches after the jobs came: how many seconds later, and how many at once. */
function launches({ spans }: Outcome): [number, number][] {
  const byTime = new Map<number, number>();
  for (const { from } of spans) if (from >= 600) byTime.set(from - 600, (byTime.get(from - 600) ?? 0) + 1);
  return [...byTime];
}

describe("rules of others", () => {
  it("CDK's steps: none for 99 messages, one a minute from 100 on, five from 500 on", () => {
    expect(launches(run(createStepScaling(), jobs(99, 5)))).to.deep.equal([]);
    expect(launches(run(createStepScaling(), jobs(110, 5))).every(([, count]) => count === 1)).to.equal(true);
    const [first, second] = launches(run(createStepScaling(), jobs(1_000, 60)));
    expect([first, second]).to.deep.equal([
      [60, 5],
      [120, 5],
    ]);
  });

  it("target tracking: three datapoints high, then in proportion; fifteen low before it ends any", () => {
    const outcome = run(createTargetTracking(60), jobs(240, 60));
    // Two jobs per instance are acceptable: 2 slots × 60 s ÷ 60 s.
    const [[seconds] = []] = launches(outcome);
    expect(seconds).to.equal(60 + 2 * 60);
    expect(outcome.spans.length).to.be.at.least(100);
    expect(Math.min(...outcome.spans.map(({ until }) => until))).to.be.at.least(600 + 15 * 60);
  });

  it("the poller: an agent per job at its next poll, which idles for ten minutes", () => {
    const outcome = run(createPoller(600), jobs(30, 60));
    expect(launches(outcome)).to.deep.equal([[10, 15]]);
    const [shortest, longest] = outcome.spans
      .map(({ from, until }) => until - from)
      .sort((a, b) => a - b)
      .filter((_, index, all) => index === 0 || index === all.length - 1);
    expect(shortest).to.be.at.least(600 + 30);
    expect(longest).to.be.at.most(600 + 60 + 60 + 10);
  });

  it("KEDA: one at its poll, then at most four more or twice as many each 15 s; zero five minutes after the last", () => {
    const outcome = run(createKeda(300), jobs(30, 60));
    expect(launches(outcome)).to.deep.equal([
      // One by KEDA, and by the autoscaler, which here syncs at that moment, four more.
      [30, 1 + 4],
      [30 + 15, 5],
      [30 + 30, 5],
    ]);
    const end = Math.max(...outcome.spans.map(({ until }) => until));
    expect(end).to.be.within(600 + 120 + 300, 600 + 240 + 330 + conditions.graceSeconds);
  });
});

describe("our rule", () => {
  it("has the defaults that are shipped", () => {
    expect(run(ours, jobs(30, 60))).to.deep.equal(run(createOurs("ours", defaults.processor), jobs(30, 60)));
    expect(rules.at(-1)).to.equal(ours);
    for (const changed of [{ idleSeconds: 300 }, { targetLatencySeconds: 600 }]) {
      const other = createOurs("other", { ...defaults.processor, ...changed });
      expect(run(other, jobs(300, 20)), JSON.stringify(changed)).not.to.deep.equal(run(ours, jobs(300, 20)));
    }
  });

  it("launches at the nudge, and ends an idle instance after its idle time", () => {
    const [[seconds, count] = []] = launches(run(ours, jobs(2, 60)));
    expect(seconds).to.be.closeTo(1.2, 1e-6);
    expect(count).to.equal(1);
    const lastEnd = (idleSeconds: number) => {
      const rule = createOurs("other", { ...defaults.processor, idleSeconds });
      return Math.max(...run(rule, jobs(2, 30)).spans.map(({ until }) => until));
    };
    expect(lastEnd(320) - lastEnd(20)).to.equal(300);
  });
});
