import { dollars } from "./billing";
import { leastBilledSeconds } from "./bound";
import { type Conditions } from "./conditions";
import { type Outcome, simulate } from "./simulate";
import { type Trace } from "./traces";
import { type Rule } from "./world";

/** A rule's results on a trace: means over the phases of its clock, unless they say otherwise. Waits in seconds. */
export interface Result extends Pick<Outcome, "waitP50" | "waitP95" | "waitP99" | "instanceHours" | "dollars"> {
  trace: string;
  rule: string;
  /** Cost × (wait p95 + 1 s). */
  score: number;
  /** Bill for instances in service without a job, over the bill for those that start or work: the worst phase. */
  idleShare: number;
  /** Shares of the bill: starting, working, idle; the rest is AWS's minimum and the way down. */
  billed: Record<"starting" | "working" | "idle", number>;
  /** In all phases together. */
  busyKills: number;
  /** The slowest; undefined for a rule that is never at zero. */
  firstLaunchSeconds?: number;
  /** Lower bound of any rule at the same p95. */
  leastDollars: number;
}

/** A rule on a trace. */
export interface Trial {
  result: Result;
  /** Of the first phase: from the launch of each instance to its end. */
  spans: Outcome["spans"];
}

/** Runs the trace under the rule, in several phases of its clock. */
export function tryRule(trace: Trace, rule: Rule, conditions: Conditions, phases: number, onRun: () => void): Trial {
  const outcomes = Array.from({ length: phases }, (_, phase) => {
    const outcome = simulate(trace, rule, conditions, phase / phases);
    onRun();
    return phase === 0 ? outcome : { ...outcome, spans: [] };
  });
  return { result: summarise(trace, rule, conditions, outcomes), spans: outcomes[0]!.spans };
}

function summarise(trace: Trace, rule: Rule, conditions: Conditions, outcomes: Outcome[]): Result {
  const mean = (value: (outcome: Outcome) => number) =>
    outcomes.reduce((sum, outcome) => sum + value(outcome), 0) / outcomes.length;
  const launches = outcomes.flatMap(({ firstLaunchSeconds }) => firstLaunchSeconds ?? []);
  return {
    trace: trace.name,
    rule: rule.name,
    waitP50: mean(({ waitP50 }) => waitP50),
    waitP95: mean(({ waitP95 }) => waitP95),
    waitP99: mean(({ waitP99 }) => waitP99),
    instanceHours: mean(({ instanceHours }) => instanceHours),
    dollars: mean((outcome) => outcome.dollars),
    idleShare: Math.max(
      ...outcomes.map(
        ({ idleSeconds, startingSeconds, workingSeconds }) => idleSeconds / (startingSeconds + workingSeconds),
      ),
    ),
    billed: {
      starting: mean(({ startingSeconds, instanceHours }) => startingSeconds / instanceHours / 3_600),
      working: mean(({ workingSeconds, instanceHours }) => workingSeconds / instanceHours / 3_600),
      idle: mean(({ idleSeconds, instanceHours }) => idleSeconds / instanceHours / 3_600),
    },
    score: mean((outcome) => outcome.dollars * (outcome.waitP95 + 1)),
    busyKills: outcomes.reduce((sum, { busyKills }) => sum + busyKills, 0),
    ...(launches.length > 0 && { firstLaunchSeconds: Math.max(...launches) }),
    leastDollars: mean(({ waitP95 }) => dollars(leastBilledSeconds(trace, conditions, waitP95), conditions)),
  };
}
