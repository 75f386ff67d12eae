import { defaults } from "../../../components/defaults";
import { neededInstances } from "../../../contract/capacity";
import { leftOfRecent, reportSeconds } from "../../../contract/fleet";
import { emptyFleetMemory, rememberNeed } from "../../../contract/fleetMemory";
import { createNudge } from "../../../functions/router/nudge";
import { assumedSecondsPerJob, learnSeconds } from "../../../functions/scaler/learn";
import { lookAgainMilliseconds } from "../../../functions/scaler/scaler";
import { chooseWhenIdle, pauseBeforeAsking } from "../../../worker-image/src/lifecycleIdle";
import { Instance } from "../group";
import { Rule, World } from "../world";

/** Of a processor's settings, those that scaling goes by. */
export type OurSettings = Record<
  "targetLatencySeconds" | "idleSeconds" | "maxKeepSeconds" | "timeoutSeconds" | "prefetch" | "minInstances",
  number
>;

/** From the routed job to the scaler's SetDesiredCapacity: a cold Lambda that loads three SDK clients, and its calls. */
const nudgeSeconds = 1.2;
const scheduleSeconds = 60;
/** The one there is. */
const type = "simulated";
/** How often a worker looks whether it may end. */
const lookSeconds = 5;

/** Our scaler, which only raises, and our workers, of which idle ones end themselves and lower: as shipped. */
export function createOurs(name: string, settings: OurSettings = defaults.processor): Rule {
  return { name, minInstances: settings.minInstances, start: (world) => run(world, settings) };
}

function run(world: World, settings: OurSettings): void {
  const { clock, group, queue, phase, conditions } = world;
  const { targetLatencySeconds, idleSeconds, maxKeepSeconds, timeoutSeconds, prefetch, minInstances } = settings;
  const { slots, maxInstances } = conditions;
  const readReports = collectReports(world);
  let secondsPerJob: number | undefined;
  let memory = emptyFleetMemory(0);

  const look = (sent = 0) => {
    const report = readReports();
    secondsPerJob = learnSeconds([report], secondsPerJob, timeoutSeconds);
    const needed = neededInstances({
      ...queue.counts(),
      sent,
      instances: group.inService,
      slots,
      prefetch,
      secondsPerJob: secondsPerJob ?? Math.min(assumedSecondsPerJob, timeoutSeconds),
      targetLatencySeconds,
      minInstances,
      maxInstances,
    });
    const recentJobs = report.recentJobs * leftOfRecent(clock.now - report.at);
    memory = rememberNeed(memory, { at: clock.now, needed, desired: group.desired, slots, recentJobs, maxKeepSeconds });
    group.raise(needed);
  };
  clock.every(scheduleSeconds, phase * scheduleSeconds, () => look());
  const nudge = createNudge({
    invoke: ({ [type]: sent }) => {
      clock.after(nudgeSeconds, () => {
        look(sent);
        if (group.desired < maxInstances) clock.after(lookAgainMilliseconds / 1_000, () => look());
      });
      return Promise.resolve();
    },
    now: () => clock.now * 1_000,
    log: () => undefined,
  });
  world.onSent((count) => void nudge({ [type]: count }));

  const considerEnding = (instance: Instance, idleSince: number, timesAsked: number) => {
    if (!group.alive.has(instance) || instance.running.size > 0 || instance.idleSince !== idleSince) return;
    const { canLower } = chooseWhenIdle({
      now: clock.now * 1_000,
      instanceId: undefined,
      counts: queue.counts(),
      groups: [{ minInstances, maxInstances, desired: group.desired, instances: serving(group.inService) }],
      figures: { secondsPerJob, targetLatencySeconds, memory },
      slots,
      prefetch,
      timeoutSeconds,
    });
    if (canLower) group.end(instance);
    else ask(instance, idleSince, timesAsked + 1);
  };
  const ask = (instance: Instance, idleSince: number, timesAsked: number) => {
    const looks = Math.ceil(pauseBeforeAsking(idleSeconds, timesAsked) / lookSeconds);
    clock.after(looks * lookSeconds, () => considerEnding(instance, idleSince, timesAsked));
  };
  world.onIdle((instance) => ask(instance, instance.idleSince, 0));
}

/** As many instances in service, as a worker sees them. */
function serving(count: number): { id: string; lifecycleState: string }[] {
  return Array.from({ length: count }, (_, index) => ({ id: String(index), lifecycleState: "InService" }));
}

interface Report {
  at: number;
  recentJobs: number;
  recentSeconds: number;
}

/** What the workers' last reports tell the scaler, all in one: jobs ended lately, of which less and less counts. */
function collectReports(world: World): () => Report {
  const { clock, phase } = world;
  let recent: Report = { at: 0, recentJobs: 0, recentSeconds: 0 };
  let reported = recent;
  const fade = () => {
    const left = leftOfRecent(clock.now - recent.at);
    return { at: clock.now, recentJobs: recent.recentJobs * left, recentSeconds: recent.recentSeconds * left };
  };
  world.onFinished((seconds) => {
    const { at, recentJobs, recentSeconds } = fade();
    recent = { at, recentJobs: recentJobs + 1, recentSeconds: recentSeconds + seconds };
  });
  clock.every(reportSeconds, phase * reportSeconds, () => (reported = fade()));
  return () => reported;
}
