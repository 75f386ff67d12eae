import type { JobType } from "../../contract/jobType";
import type { JobTypes } from "../jobTypes";
import { mapLimited } from "../mapLimited";
import type { RunContext } from "../runContext";
import { decide } from "./decide";
import { createFailures, type Failures } from "./failures";
import type { Group, ScaledType } from "./fleetView";
import { act, lookAt, type LookEffects, type Target } from "./lookAt";
import { readNudge } from "./readNudge";

export const deploymentOnlyModule = true;

export interface ScalerEffects extends LookEffects {
  jobTypes: JobTypes;
  /** Waits so many milliseconds. */
  pause: (milliseconds: number) => Promise<void>;
}

/** A type whose lease this run holds: no other run touches it meanwhile. */
interface Held extends Target {
  lease: number;
}

const typesAtOnce = 20;

/** Longer than a round of looks takes. A run that dies holds its types up for this long. */
const leaseMilliseconds = 45_000;

/**
 * When a nudged run looks again. Routers nudge about every 10 s, and what they route after their last nudge they don't tell:
 * by now SQS's counts show it.
 */
export const lookAgainMilliseconds = 12_000;

/** Left for a round of looks, and for one look at one type. */
const roundMilliseconds = 15_000;
const lookMilliseconds = 8_000;

/**
 * The scaler's run, each minute for all types, and on a nudge for those that jobs were just sent to, or whose launches
 * somebody wants tried.
 *
 * A run acts on a type only while it holds the type's lease, so that runs for a type never overlap. One that finds the lease
 * taken asks the holder to look once more. The minute's run takes leases only where it has seen something to do: an idle
 * minute writes nothing. A type that fails is logged with the cause, left to the next run, and keeps no other type waiting;
 * the run throws in the end, so that it shows.
 */
export function createScaler(effects: ScalerEffects): (event: unknown, context: RunContext) => Promise<void> {
  const { log } = effects;
  return async function scaler(event, context) {
    const failures = createFailures(log);
    const { sent, retried } = readNudge(event, context);
    const run = { effects, failures, context, isNudged: sent !== undefined };
    for (const type of retried)
      await failures.attempt(type, () => effects.fleetItems.retryLaunches(type, effects.now()));
    await scale(run, sent ? await nudgedTypes(run, sent) : await typesWithWork(run));
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
      return jobType && isScaled(jobType) ? { jobType, sent: count } : undefined;
    }),
  );
  return present(targets);
}

/** The types for which a look shows something to do. */
async function typesWithWork(run: Run): Promise<Target[]> {
  const { effects, failures } = run;
  const targets = (await effects.jobTypes.list()).filter(isScaled).map((jobType) => ({ jobType, sent: 0 }));
  const groups = await describeGroups(run, targets);
  const due = await mapLimited(targets, typesAtOnce, (target) =>
    failures.attempt(target.jobType.type, async () => {
      expectTime(run);
      const view = await lookAt(target, { groups, readsLaunches: true }, effects);
      return view && decide(view).length > 0 ? target : undefined;
    }),
  );
  return present(due);
}

/** Takes the types' leases, and looks and acts until nobody asks for one more look. */
async function scale(run: Run, targets: Target[]): Promise<void> {
  const { effects, failures, context, isNudged } = run;
  let held = await takeLeases(run, targets);
  for (let round = 1; held.length > 0; round++) {
    const groups = await describeGroups(run, held);
    const hasTime = context.getRemainingTimeInMillis() > lookAgainMilliseconds + roundMilliseconds;
    const isNudgedRound = isNudged && round === 1;
    const kept = await mapLimited(held, typesAtOnce, async (one) => {
      const { type } = one.jobType;
      const seen = await failures.attempt(type, () => lookAndAct(run, one, groups));
      // One that could not be looked at is looked at again with the others; at the maximum there is nothing to raise.
      if (hasTime && isNudgedRound && !seen?.isFull) return one;
      const isAsked = await failures.attempt(type, () => giveBack(run, one, seen, hasTime));
      return isAsked ? one : undefined;
    });
    failures.report();
    held = present(kept);
    if (held.length === 0) return;
    await effects.pause(lookAgainMilliseconds);
    held = await extendLeases(run, held);
  }
}

async function takeLeases({ effects, failures, isNudged }: Run, targets: Target[]): Promise<Held[]> {
  const { fleetItems, now } = effects;
  const taken = await mapLimited(targets, typesAtOnce, (target) =>
    failures.attempt(target.jobType.type, async () => {
      const { type } = target.jobType;
      // Between a take that fails and the asking the holder may be done: then it is free to take.
      for (let tries = 0; tries < 3; tries++) {
        const lease = now() + leaseMilliseconds;
        if (await fleetItems.take(type, now(), lease)) return { ...target, lease };
        if (!isNudged || (await fleetItems.askHolder(type, now()))) return undefined;
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
      // The counts show by now what the nudge told.
      return isHeld ? { ...one, lease, sent: 0 } : undefined;
    }),
  );
  return present(extended);
}

interface Seen {
  isFull: boolean;
  nudgedAt?: number;
}

async function lookAndAct(run: Run, one: Held, groups: Record<string, Group | Error>): Promise<Seen> {
  const { effects, isNudged } = run;
  expectTime(run);
  const view = await lookAt(one, { groups, readsLaunches: !isNudged }, effects);
  if (!view) return { isFull: false };
  if (effects.now() >= one.lease) throw new Error("The type's lease has run out");
  const { isFull } = await act(view, effects);
  return { isFull, nudgedAt: view.state.nudgedAt };
}

/** Gives the type's lease back; says whether somebody has asked for one more look instead. */
async function giveBack({ effects }: Run, one: Held, seen: Seen | undefined, hasTime: boolean): Promise<boolean> {
  const { type } = one.jobType;
  if (hasTime && seen && !seen.isFull) return !(await effects.fleetItems.release(type, one.lease, seen.nudgedAt));
  await effects.fleetItems.drop(type, one.lease);
  return false;
}

function describeGroups({ effects }: Run, targets: Target[]): Promise<Record<string, Group | Error>> {
  const names = targets.flatMap(({ jobType: { fleet } }) =>
    fleet.onDemandGroupName === undefined ? [fleet.groupName] : [fleet.groupName, fleet.onDemandGroupName],
  );
  return effects.autoScaling.describe(names);
}

/** A call that hangs takes seconds: better to say that a type was left out than to be cut off. */
function expectTime({ context }: Run): void {
  if (context.getRemainingTimeInMillis() < lookMilliseconds) throw new Error("The run has no time left for the type");
}

function isScaled(jobType: JobType): jobType is ScaledType {
  return jobType.fleet !== undefined;
}

function present<T>(items: (T | undefined)[]): T[] {
  return items.filter((item) => item !== undefined);
}
