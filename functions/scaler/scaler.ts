import { mapLimited } from "../shared/mapLimited";
import type { RunContext } from "../shared/runtime";
import type { JobTypeTable } from "../shared/tables/jobTypes";
import { act } from "./act";
import { createFailures, type Failures } from "./failures";
import { readNudge } from "./readNudge";
import { type FleetEffects, readView, type Target, type ViewOptions } from "./readView";
import { decide } from "./rules/decide";
import { isIdle } from "./rules/fleetView";
import { noteCounts } from "./rules/noteCounts";

export interface ScalerEffects extends FleetEffects {
  jobTypes: JobTypeTable;
}

/** Groups by name, as `AutoScaling.describe` gives them. */
type Groups = ViewOptions["groups"];

const typesAtOnce = 20;

/** Longer than a round of checks takes. A run that dies holds up its types for this long. */
const leaseMilliseconds = 45_000;

/** Time left for a round of checks, and for one check of one type. */
const roundMilliseconds = 15_000;
const lookMilliseconds = 8_000;

/**
 * The scaler's run, each minute for all types, and on a nudge for types that jobs were just sent to, or that are to be
 * checked now.
 *
 * A run acts on a type only while it holds the type's lease, so that runs for a type never overlap. It acquires the
 * lease only after it has seen something to do, in the write that keeps what it found, and only if no other run has
 * held it since: an idle minute, and a nudge for a fleet that is large enough, write nothing. A nudged run that finds
 * the lease taken asks the holder for one more check. No run waits: jobs that a nudge doesn't report are left to the
 * next nudge, to workers with more jobs than they can run, and to the minute's run. A type that fails is logged with
 * the cause, left to the next run, and blocks no other type; the run then throws at its end, so that the failure shows.
 */
export function createScaler(effects: ScalerEffects): (event: unknown, context: RunContext) => Promise<void> {
  const { log } = effects;
  const idle: ViewOptions["idle"] = new Map();
  return async function scaler(event, context) {
    const failures = createFailures(log);
    const sent = readNudge(event, context);
    const run = { effects, failures, context, idle, isNudged: sent !== undefined };
    const targets = sent ? await nudgedTypes(run, sent) : await allTypes(run);
    const groups = await describeGroups(run, targets);
    await mapLimited(targets, typesAtOnce, (target) =>
      failures.attempt(target.jobType.type, () => scale(run, target, groups)),
    );
    failures.rethrow();
  };
}

interface Run {
  effects: ScalerEffects;
  failures: Failures;
  context: RunContext;
  idle: ViewOptions["idle"];
  isNudged: boolean;
}

async function nudgedTypes({ effects, failures }: Run, sent: Record<string, number>): Promise<Target[]> {
  const targets = await mapLimited(Object.entries(sent), typesAtOnce, ([type, count]) =>
    failures.attempt(type, async () => {
      const jobType = await effects.jobTypes.read(type);
      return jobType && { jobType, sent: count };
    }),
  );
  return defined(targets);
}

async function allTypes({ effects }: Run): Promise<Target[]> {
  return (await effects.jobTypes.readAll()).map((jobType) => ({ jobType, sent: 0 }));
}

/**
 * Acts on the type if a check shows something to do and the lease is as the check saw it: no other run has acted since.
 * Checks again for runs that requested it meanwhile.
 */
async function scale(run: Run, { jobType, sent }: Target, described: Groups): Promise<void> {
  const { effects, context, idle, isNudged } = run;
  const { fleetItems, now } = effects;
  const { type } = jobType;
  const target = { jobType, sent };
  for (let groups = described, losses = 0; losses < 3; groups = await describeGroups(run, [target])) {
    // A call that hangs takes seconds: better to report that a type was left out than to be cut off.
    if (context.getRemainingTimeInMillis() < lookMilliseconds) throw new Error("No time is left");
    const view = await readView(target, { groups, readsLaunches: !isNudged, idle }, effects);
    const decision = view && noteCounts(view, isIdle(view) ? { changes: {}, actions: [] } : decide(view));
    if (!decision) return;
    // Writes that are all there is to do need no lease beyond the first.
    const from = now();
    const lease = { type, from, until: decision.actions.length > 0 ? from + leaseMilliseconds : from };
    if (!(await fleetItems.acquire(lease, view.state.lastLease, decision.changes))) {
      // The holder may release the lease between our two calls: check again.
      if (isNudged ? await fleetItems.requestRecheck(type, now(), target.sent) : now() < (view.state.leaseUntil ?? 0))
        return;
      losses++;
      continue;
    }
    let asked: number | undefined;
    try {
      await act(view, decision, effects);
    } finally {
      asked = lease.until > from ? await fleetItems.release(lease) : undefined;
    }
    if (asked === undefined || context.getRemainingTimeInMillis() <= roundMilliseconds) return;
    target.sent += asked;
  }
  throw new Error("The lease kept changing");
}

async function describeGroups({ effects }: Run, targets: Target[]): Promise<Groups> {
  const names = targets.flatMap(({ jobType: { fleet } }) => [fleet.groupName, fleet.onDemandGroupName]);
  return effects.autoScaling.describe(defined(names));
}

function defined<T>(items: (T | undefined)[]): T[] {
  return items.filter((item) => item !== undefined);
}
