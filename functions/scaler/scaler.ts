import type { FleetState } from "../../contract/fleet/state";
import type { JobTypes } from "../shared/jobTypes";
import { mapLimited } from "../shared/mapLimited";
import type { RunContext } from "../shared/runContext";
import { decide } from "./rules/decide";
import { createFailures, type Failures } from "./failures";
import type { Group } from "./rules/fleetView";
import { act, lookAt, type LookEffects, type Target } from "./lookAt";
import { readNudge } from "./readNudge";

export interface ScalerEffects extends LookEffects {
  jobTypes: JobTypes;
}

/** A type whose lease this run holds: no other run changes it meanwhile. */
interface Held extends Target {
  lease: number;
}

const typesAtOnce = 20;

/** Longer than a round of checks takes. A run that dies holds up its types for this long. */
const leaseMilliseconds = 45_000;

/** Time left for a round of checks, and for one check of one type. */
const roundMilliseconds = 15_000;
const lookMilliseconds = 8_000;

/**
 * The scaler's run, each minute for all types, and on a nudge for types that jobs were just sent to, or whose launches
 * are to be retried.
 *
 * A run acts on a type only while it holds the type's lease, so that runs for a type never overlap, and acquires the
 * lease only
 * after it has seen something to do: an idle minute, and a nudge for a fleet that is large enough, write nothing. A
 * nudged
 * run that finds the lease taken asks the holder for one more check. No run waits: jobs that a nudge doesn't report are
 * left to
 * the next nudge, to workers with more jobs than they can run, and to the minute's run. A type that fails is logged
 * with the
 * cause, left to the next run, and blocks no other type; the run then throws at its end, so that the failure shows.
 */
export function createScaler(effects: ScalerEffects): (event: unknown, context: RunContext) => Promise<void> {
  const { log } = effects;
  return async function scaler(event, context) {
    const failures = createFailures(log);
    const { sent, retried } = readNudge(event, context);
    const run = { effects, failures, context, isNudged: sent !== undefined };
    for (const type of retried)
      await failures.attempt(type, () => effects.fleetItems.retryLaunches(type, effects.now()));
    await scale(run, await typesWithWork(run, sent ? await nudgedTypes(run, sent) : await allTypes(run)));
    failures.report();
    failures.rethrow();
  };
}

interface Run {
  effects: ScalerEffects;
  failures: Failures;
  context: RunContext;
  isNudged: boolean;
}

async function nudgedTypes({ effects, failures }: Run, sent: Record<string, number>): Promise<Target[]> {
  const targets = await mapLimited(Object.entries(sent), typesAtOnce, ([type, count]) =>
    failures.attempt(type, async () => {
      const jobType = await effects.jobTypes.find(type);
      return jobType && { jobType, sent: count };
    }),
  );
  return present(targets);
}

async function allTypes({ effects }: Run): Promise<Target[]> {
  return (await effects.jobTypes.list()).map((jobType) => ({ jobType, sent: 0 }));
}

/** The types whose check shows something to do. */
async function typesWithWork(run: Run, targets: Target[]): Promise<Target[]> {
  if (targets.length === 0) return [];
  const { effects, failures, isNudged } = run;
  const groups = await describeGroups(run, targets);
  const due = await mapLimited(targets, typesAtOnce, (target) =>
    failures.attempt(target.jobType.type, async () => {
      expectTime(run);
      const view = await lookAt(target, { groups, readsLaunches: !isNudged }, effects);
      return view && decide(view).length > 0 ? target : undefined;
    }),
  );
  return present(due);
}

/** Acquires the types' leases, and checks and acts until no other run asks for one more check. */
async function scale(run: Run, targets: Target[]): Promise<void> {
  const { failures, context } = run;
  let held = await takeLeases(run, targets);
  while (held.length > 0) {
    const groups = await describeGroups(run, held);
    const hasTime = context.getRemainingTimeInMillis() > roundMilliseconds;
    const asked = await mapLimited(held, typesAtOnce, async (one) => {
      const { type } = one.jobType;
      const seen = await failures.attempt(type, () => lookAndAct(run, one, groups));
      const isAsked = await failures.attempt(type, () => giveBack(run, one, seen, hasTime));
      return isAsked ? one : undefined;
    });
    failures.report();
    held = await extendLeases(run, present(asked));
  }
}

async function takeLeases({ effects, failures, isNudged }: Run, targets: Target[]): Promise<Held[]> {
  const { fleetItems, now } = effects;
  const taken = await mapLimited(targets, typesAtOnce, (target) =>
    failures.attempt(target.jobType.type, async () => {
      const { type } = target.jobType;
      // The holder may release the lease between our two calls: try again.
      for (let tries = 0; tries < 3; tries++) {
        const lease = now() + leaseMilliseconds;
        if (await fleetItems.take(type, now(), lease)) return { ...target, lease };
        if (!isNudged || (await fleetItems.askHolder(type, now(), target.sent))) return undefined;
      }
      throw new Error("The type's lease changed hands at every try");
    }),
  );
  return present(taken);
}

async function extendLeases({ effects, failures }: Run, held: Held[]): Promise<Held[]> {
  const extended = await mapLimited(held, typesAtOnce, (one) =>
    failures.attempt(one.jobType.type, async () => {
      const lease = effects.now() + leaseMilliseconds;
      const isHeld = await effects.fleetItems.extend(one.jobType.type, one.lease, lease);
      return isHeld ? { ...one, lease } : undefined;
    }),
  );
  return present(extended);
}

/** The fleet item's state when its type was checked; undefined if there was nothing to see. */
type Seen = Pick<FleetState, "nudgedAt">;

async function lookAndAct(run: Run, one: Held, groups: Record<string, Group | Error>): Promise<Seen> {
  const { effects, isNudged } = run;
  expectTime(run);
  const view = await lookAt(one, { groups, readsLaunches: !isNudged }, effects);
  if (!view) return {};
  if (effects.now() >= one.lease) throw new Error("The type's lease has run out");
  const { nudgedAt, nudgedSent = 0 } = view.state;
  await act({ ...view, sent: view.sent + nudgedSent }, effects);
  return { nudgedAt };
}

/** Releases the type's lease; returns true if another run requested one more check instead. */
async function giveBack({ effects }: Run, one: Held, seen: Seen | undefined, hasTime: boolean): Promise<boolean> {
  const { type } = one.jobType;
  if (hasTime && seen) return !(await effects.fleetItems.release(type, one.lease, seen.nudgedAt));
  await effects.fleetItems.drop(type, one.lease);
  return false;
}

function describeGroups({ effects }: Run, targets: Target[]): Promise<Record<string, Group | Error>> {
  const names = targets.flatMap(({ jobType: { fleet } }) => [fleet.groupName, fleet.onDemandGroupName]);
  return effects.autoScaling.describe(present(names));
}

/** A call that hangs takes seconds: better to report that a type was left out than to be cut off. */
function expectTime({ context }: Run): void {
  if (context.getRemainingTimeInMillis() < lookMilliseconds) throw new Error("The run has no time left for the type");
}

function present<T>(items: (T | undefined)[]): T[] {
  return items.filter((item) => item !== undefined);
}
