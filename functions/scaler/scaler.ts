import type { FleetState } from "../../contract/fleet/state";
import type { JobTypes } from "../shared/jobTypes";
import { mapLimited } from "../shared/mapLimited";
import type { RunContext } from "../shared/runtime";
import { createFailures, type Failures } from "./failures";
import { act, lookAt, type LookEffects, type LookOptions, type Target } from "./lookAt";
import { readNudge } from "./readNudge";
import { decide } from "./rules/decide";

export interface ScalerEffects extends LookEffects {
  jobTypes: JobTypes;
}

/** Groups by name, as `AutoScaling.describe` gives them. */
type Groups = LookOptions["groups"];

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
 * A run acts on a type only while it holds the type's lease, so that runs for a type never overlap. It acquires the
 * lease only after it has seen something to do, and only if no other run has held it since: an idle minute, and a nudge
 * for a fleet that is large enough, write nothing. A nudged run that finds the lease taken asks the holder for one more
 * check. No run waits: jobs that a nudge doesn't report are left to the next nudge, to workers with more jobs than they
 * can run, and to the minute's run. A type that fails is logged with the cause, left to the next run, and blocks no
 * other type; the run then throws at its end, so that the failure shows.
 */
export function createScaler(effects: ScalerEffects): (event: unknown, context: RunContext) => Promise<void> {
  const { log } = effects;
  return async function scaler(event, context) {
    const failures = createFailures(log);
    const { sent, retried } = readNudge(event, context);
    const run = { effects, failures, context, isNudged: sent !== undefined };
    for (const type of retried)
      await failures.attempt(type, () => effects.fleetItems.retryLaunches(type, effects.now()));
    await scale(run, sent ? await nudgedTypes(run, sent) : await allTypes(run));
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

/** Checks the types, and acts until no other run asks for one more check. */
async function scale(run: Run, targets: Target[]): Promise<void> {
  if (targets.length === 0) return;
  const groups = await describeGroups(run, targets);
  let held = await eachOf(run, targets, (target) => takeAndAct(run, target, groups));
  while (held.length > 0) {
    run.failures.report();
    held = await eachOf(run, held, (one) => extendLease(run, one));
    const groups = await describeGroups(run, held);
    held = await eachOf(run, held, (one) => finish(run, one, () => lookAndAct(run, one, groups)));
  }
}

/** Results of the action; without those of targets whose action fails or has none. */
async function eachOf<T extends Target>(
  { failures }: Run,
  targets: T[],
  action: (target: T) => Promise<Held | undefined>,
): Promise<Held[]> {
  const results = await mapLimited(targets, typesAtOnce, (target) =>
    failures.attempt(target.jobType.type, () => action(target)),
  );
  return present(results);
}

/**
 * Acts on the type if a check shows something to do and the lease is as the check saw it: no other run has acted since.
 * Resolves to the type if its lease is still held, for one more check.
 */
async function takeAndAct(run: Run, target: Target, described: Groups): Promise<Held | undefined> {
  const { effects, isNudged } = run;
  const { fleetItems, now } = effects;
  const { type } = target.jobType;
  let groups = described;
  for (let tries = 0; tries < 3; tries++) {
    expectTime(run);
    const view = await lookAt(target, { groups, readsLaunches: !isNudged }, effects);
    if (!view || decide(view).length === 0) return undefined;
    const lease = now() + leaseMilliseconds;
    if (await fleetItems.take(type, now(), lease, view.state.lastLease)) {
      return finish(run, { ...target, lease }, async () => {
        await act(view, effects);
        return {};
      });
    }
    // The holder may release the lease between our two calls: check again.
    if (isNudged ? await fleetItems.askHolder(type, now(), target.sent) : now() < (view.state.leaseUntil ?? 0)) {
      return undefined;
    }
    groups = await describeGroups(run, [target]);
  }
  throw new Error("The lease kept changing");
}

async function extendLease({ effects }: Run, one: Held): Promise<Held | undefined> {
  const lease = effects.now() + leaseMilliseconds;
  return (await effects.fleetItems.extend(one.jobType.type, one.lease, lease)) ? { ...one, lease } : undefined;
}

/** The fleet item's state when its type was checked; undefined if there was nothing to see. */
type Seen = Pick<FleetState, "nudgedAt">;

async function lookAndAct(run: Run, one: Held, groups: Groups): Promise<Seen> {
  const { effects, isNudged } = run;
  expectTime(run);
  const view = await lookAt(one, { groups, readsLaunches: !isNudged }, effects);
  if (!view) return {};
  if (effects.now() >= one.lease) throw new Error("The lease ended");
  const { nudgedAt, nudgedSent = 0 } = view.state;
  await act({ ...view, sent: view.sent + nudgedSent }, effects);
  return { nudgedAt };
}

/** Ends the work on a type by releasing its lease; resolves to the type if another run requested one more. */
async function finish(run: Run, one: Held, work: () => Promise<Seen>): Promise<Held | undefined> {
  const { effects, failures, context } = run;
  const { type } = one.jobType;
  const seen = await failures.attempt(type, work);
  if (seen && context.getRemainingTimeInMillis() > roundMilliseconds) {
    return (await effects.fleetItems.release(type, one.lease, seen.nudgedAt)) ? undefined : one;
  }
  await effects.fleetItems.drop(type, one.lease);
  return undefined;
}

function describeGroups({ effects }: Run, targets: Target[]): Promise<Groups> {
  const names = targets.flatMap(({ jobType: { fleet } }) => [fleet.groupName, fleet.onDemandGroupName]);
  return effects.autoScaling.describe(present(names));
}

/** A call that hangs takes seconds: better to report that a type was left out than to be cut off. */
function expectTime({ context }: Run): void {
  if (context.getRemainingTimeInMillis() < lookMilliseconds) throw new Error("No time is left");
}

function present<T>(items: (T | undefined)[]): T[] {
  return items.filter((item) => item !== undefined);
}
