import { EventEmitter } from "node:events";
import { quantiles } from "../support/quantiles";
import { billedSeconds, dollars } from "./billing";
import { Clock } from "./clock";
import { type Conditions } from "./conditions";
import { Group, type Instance } from "./group";
import { JobQueue } from "./queue";
import { createRandom } from "./random";
import { type Trace } from "./traces";
import { type Rule, type World } from "./world";

export interface Outcome {
  waitP50: number;
  waitP95: number;
  waitP99: number;
  instanceHours: number;
  dollars: number;
  /** Billed seconds of starting instances, of those with a job, and of those in service without one. */
  startingSeconds: number;
  workingSeconds: number;
  idleSeconds: number;
  busyKills: number;
  /** Time from the first job to the first launch that it caused; undefined if an instance was there. */
  firstLaunchSeconds?: number;
  /** Number of times that each job was finished, which should be one. */
  finishes: Uint8Array;
  /** From the launch of each instance to its end. */
  spans: { from: number; until: number }[];
}

/** Time that a simulation goes on after the trace, or its last job; longer if instances stay beyond the minimum. */
const tailSeconds = 1_800;
const maxTailSeconds = 6 * 3_600;

/** A rule that leaves jobs undone for this long has failed. */
const maxLateSeconds = 7 * 86_400;

/** Runs a trace under a rule, whose clock starts at `phase` of its period. */
export function simulate(trace: Trace, rule: Rule, conditions: Conditions, phase: number): Outcome {
  const { arrivals, durations } = trace;
  const clock = new Clock();
  const queue = new JobQueue(clock, conditions.countLagSeconds);
  const events: World["events"] = new EventEmitter();
  const waits = new Float64Array(arrivals.length);
  const finishes = new Uint8Array(arrivals.length);
  let left = arrivals.length;
  let overAt = Infinity;

  const seed = Math.round(phase * 1_000_003);
  const random = createRandom(seed + 1);
  const group = new Group(clock, queue, conditions, durations, createRandom(seed + 2), random, events);
  events.on("started", (job) => (waits[job] = clock.now - arrivals[job]!));
  events.on("finished", (job) => {
    finishes[job]!++;
    if (--left === 0) overAt = Math.max(trace.seconds, clock.now) + tailSeconds;
  });
  group.begin(rule.minInstances);
  rule.start({
    conditions,
    clock,
    queue,
    group,
    phase,
    random,
    secondsPerJob: durations.reduce((sum, seconds) => sum + seconds, 0) / durations.length,
    events,
  });
  let next = 0;
  const arrive = () => {
    const from = next;
    while (next < arrivals.length && arrivals[next] === clock.now) queue.send(next++);
    group.offer();
    events.emit("sent", next - from);
    if (next < arrivals.length) clock.at(arrivals[next]!, arrive);
  };
  clock.at(arrivals[0]!, arrive);
  const isOver = (time: number) =>
    (time > overAt && (group.alive.size <= rule.minInstances || time > overAt + maxTailSeconds)) ||
    time > trace.seconds + maxLateSeconds;
  clock.run(isOver);
  if (left > 0) throw new Error(`${rule.name} left ${left} jobs of "${trace.name}" undone`);

  const end = Math.max(overAt, clock.now);
  const seconds = billedSeconds(group.instances, conditions, end);
  const sum = (of: (instance: Instance) => number) => group.instances.reduce((total, each) => total + of(each), 0);
  const firstLaunch = group.instances.find(({ launchedAt }) => launchedAt >= arrivals[0]!);
  const [waitP50 = 0, waitP95 = 0, waitP99 = 0] = quantiles(waits, [0.5, 0.95, 0.99]);
  return {
    waitP50,
    waitP95,
    waitP99,
    instanceHours: seconds / 3_600,
    dollars: dollars(seconds, conditions),
    startingSeconds: sum((instance) => startingUntil(instance, end, conditions)),
    workingSeconds: sum((instance) => workingUntil(instance, end, conditions)),
    idleSeconds: sum((instance) => idleUntil(instance, end)),
    busyKills: group.busyKills,
    ...(rule.minInstances === 0 && firstLaunch && { firstLaunchSeconds: firstLaunch.launchedAt - arrivals[0]! }),
    finishes,
    spans: group.instances.map(({ launchedAt, endedAt }) => ({ from: launchedAt, until: endedAt ?? end })),
  };
}

/** Time at which its worker ended, or now. */
function endOf({ endedAt }: Instance, now: number, { shutdownSeconds }: Conditions): number {
  return endedAt === undefined ? now : endedAt - shutdownSeconds;
}

function startingUntil(instance: Instance, now: number, conditions: Conditions): number {
  const until = instance.inServiceAt ?? endOf(instance, now, conditions);
  return Math.max(0, until - instance.runningAt);
}

function workingUntil(instance: Instance, now: number, conditions: Conditions): number {
  if (instance.inServiceAt === undefined) return 0;
  return endOf(instance, now, conditions) - instance.inServiceAt - idleUntil(instance, now);
}

function idleUntil({ idleSeconds, idleSince, inServiceAt, running, endedAt }: Instance, now: number): number {
  const isIdle = inServiceAt !== undefined && running.size === 0 && endedAt === undefined;
  return idleSeconds + (isIdle ? now - idleSince : 0);
}
