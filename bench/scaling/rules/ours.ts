import { neededInstances } from "../../../contract/capacity";
import { emptyFleetMemory, keptInstances, rememberNeed } from "../../../contract/fleetMemory";
import { Instance } from "../group";
import { Rule, World } from "../world";

export interface OurSettings {
  targetLatencySeconds: number;
  /** How long a worker is idle before it considers to end itself. */
  idleSeconds: number;
  /** Whether instances stay that were needed lately, as `contract/fleetMemory` has it. */
  hasMemory: boolean;
}

/** Assumed until workers have reported. */
const unknownSecondsPerJob = 10;
/** From the routed job to the scaler's SetDesiredCapacity: a cold Lambda that loads three SDK clients, and its calls. */
const nudgeSeconds = 1.2;
/** An environment of the router nudges no more often. */
const nudgeGapSeconds = 10;
/** When a nudged run of the scaler looks again. */
const trailingSeconds = 12;
const scheduleSeconds = 60;
const reportSeconds = 30;
/** How often an idle worker looks. */
const lookSeconds = 5;
/** Weight of a new report in what is known of a job's length. */
const smoothing = 0.2;

/** Our scaler, which only raises, and our workers, of which idle ones end themselves and lower. */
export function createOurs(name: string, settings: OurSettings): Rule {
  return { name, minInstances: 0, start: (world) => run(world, settings) };
}

function run(world: World, { targetLatencySeconds, idleSeconds, hasMemory }: OurSettings): void {
  const { clock, group, queue, phase, conditions } = world;
  const { slots, maxInstances } = conditions;
  const reports = collectReports(world);
  const needed = (sent = 0) =>
    neededInstances({
      ...queue.counts(),
      sent,
      instances: group.inService,
      slots,
      secondsPerJob: reports.secondsPerJob(),
      targetLatencySeconds,
      minInstances: 0,
      maxInstances,
    });

  let memory = emptyFleetMemory(0);
  const look = (sent = 0) => {
    const need = { at: clock.now, needed: needed(sent), desired: group.desired, slots, jobs: reports.takeJobs() };
    if (hasMemory) memory = rememberNeed(memory, need);
    group.raise(need.needed);
  };
  clock.every(scheduleSeconds, phase * scheduleSeconds, look);
  let nudgedAt = -Infinity;
  world.onSent((count) => {
    if (clock.now - nudgedAt < nudgeGapSeconds) return;
    nudgedAt = clock.now;
    clock.after(nudgeSeconds, () => {
      look(count);
      if (group.desired < maxInstances) clock.after(trailingSeconds, look);
    });
  });

  const considerEnding = (instance: Instance, idleSince: number) => {
    if (!group.alive.has(instance) || instance.running.size > 0 || instance.idleSince !== idleSince) return;
    const kept = hasMemory ? keptInstances(memory, clock.now) : 0;
    if (Math.max(kept, needed()) < group.desired) group.end(instance);
    else clock.after(lookSeconds, () => considerEnding(instance, idleSince));
  };
  world.onIdle((instance) => {
    const { idleSince } = instance;
    clock.after(idleSeconds, () => considerEnding(instance, idleSince));
  });
}

/** What the workers' reports every 30 s tell the scaler: how long a job takes, and how many there were. */
function collectReports(world: World): { secondsPerJob: () => number; takeJobs: () => number } {
  let known: number | undefined;
  let recent = { jobs: 0, seconds: 0 };
  let reported = 0;
  world.onFinished((took) => {
    recent.jobs++;
    recent.seconds += took;
  });
  world.clock.every(reportSeconds, world.phase * reportSeconds, () => {
    const { jobs, seconds } = recent;
    if (jobs === 0) return;
    known = known === undefined ? seconds / jobs : known + (seconds / jobs - known) * smoothing;
    reported += jobs;
    recent = { jobs: 0, seconds: 0 };
  });
  const takeJobs = () => {
    const jobs = reported;
    reported = 0;
    return jobs;
  };
  return { secondsPerJob: () => known ?? unknownSecondsPerJob, takeJobs };
}
