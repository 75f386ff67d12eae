import { defaults } from "../../../components/args/defaults";
import { assumedFigures, neededInstances } from "../../../contract/fleet/capacity";
import { leftOfRecent, reportSeconds } from "../../../contract/fleet/state";
import { createNudge } from "../../../functions/router/nudge";
import { learnSeconds } from "../../../functions/scaler/rules/learn";
import { chooseWhenIdle, pauseBeforeAsking } from "../../../worker-image/src/instance/chooseWhenIdle";
import { type Instance } from "../group";
import { type Rule, type World } from "../world";

/** The processor settings that scaling depends on. */
export type OurSettings = Record<
  "targetLatencySeconds" | "idleSeconds" | "timeoutSeconds" | "prefetch" | "minInstances",
  number
>;

/**
 * From the routed job to the scaler's SetDesiredCapacity: a cold Lambda that loads three SDK clients, and its calls.
 */
const nudgeSeconds = 1.2;
const scheduleSeconds = 60;
/** The one there is. */
const type = "simulated";
/** Time between a worker's checks if its instance may terminate, or if it has too many jobs. */
const lookSeconds = 5;

/** Our scaler, which only raises, and our workers, whose idle ones terminate their instances and lower: as shipped. */
export function createOurs(name: string, settings: OurSettings = defaults.processor): Rule {
  return { name, minInstances: settings.minInstances, start: (world) => run(world, settings) };
}

function run(world: World, settings: OurSettings): void {
  const { clock, group, queue, phase, conditions, events } = world;
  const { targetLatencySeconds, idleSeconds, timeoutSeconds, prefetch, minInstances } = settings;
  const { slots, maxInstances } = conditions;
  const readReports = collectReports(world);
  let secondsPerJob: number | undefined;

  const look = (sent = 0) => {
    secondsPerJob = learnSeconds([readReports()], secondsPerJob, timeoutSeconds);
    const needed = neededInstances({
      ...(group.desired + group.alive.size === 0 && sent > 0 ? { visible: sent, inFlight: 0 } : queue.counts()),
      sent,
      instances: group.inService,
      slots,
      prefetch,
      secondsPerJob: secondsPerJob ?? Math.min(assumedFigures.secondsPerJob, timeoutSeconds),
      targetLatencySeconds,
      minInstances,
      maxInstances,
    });
    group.raise(needed);
  };
  clock.every(scheduleSeconds, phase * scheduleSeconds, () => look());
  const nudge = createNudge({
    invoke: ({ [type]: sent }) => {
      clock.after(nudgeSeconds, () => look(sent));
      return Promise.resolve();
    },
    now: () => clock.now * 1_000,
    log: () => undefined,
  });
  events.on("sent", (count) => void nudge({ [type]: count }));

  const checkedAt = new Map<Instance, number>();
  const nudgeIfOverloaded = (instance: Instance) => {
    const isFull = group.alive.has(instance) && instance.freeSlots === 0;
    if (!isFull || clock.now - (checkedAt.get(instance) ?? -Infinity) < reportSeconds) return;
    checkedAt.set(instance, clock.now);
    if (queue.counts().visible > slots) clock.after(nudgeSeconds, () => look());
  };
  events.on("full", (instance) => clock.after(lookSeconds, () => nudgeIfOverloaded(instance)));

  const considerEnding = (instance: Instance, idleSince: number, timesAsked: number) => {
    if (!group.alive.has(instance) || instance.running.size > 0 || instance.idleSince !== idleSince) return;
    const { canLower } = chooseWhenIdle({
      instanceId: undefined,
      counts: queue.counts(),
      groups: [{ minInstances, maxInstances, desired: group.desired, instances: serving(group.inService) }],
      figures: { secondsPerJob, targetLatencySeconds },
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
  events.on("idle", (instance) => ask(instance, instance.idleSince, 0));
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

/** The workers' last reports to the scaler, all in one: recently ended jobs, with decreasing weight. */
function collectReports({ clock, phase, events }: World): () => Report {
  let recent: Report = { at: 0, recentJobs: 0, recentSeconds: 0 };
  let reported = recent;
  const fade = () => {
    const left = leftOfRecent(clock.now - recent.at);
    return { at: clock.now, recentJobs: recent.recentJobs * left, recentSeconds: recent.recentSeconds * left };
  };
  events.on("finished", (_job, seconds) => {
    const { at, recentJobs, recentSeconds } = fade();
    recent = { at, recentJobs: recentJobs + 1, recentSeconds: recentSeconds + seconds };
  });
  clock.every(reportSeconds, phase * reportSeconds, () => (reported = fade()));
  return () => reported;
}
