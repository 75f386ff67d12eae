import { decodeCounts } from "../../contract/fleet/counts";
import type { FleetState } from "../../contract/fleet/state";
import { usageDay } from "../../contract/fleet/usage";
import type { JobType } from "../../contract/jobType";
import { errorFields } from "../../contract/log";
import { type ComponentSums, embeddedMetrics, type WriteSums } from "../../contract/metrics";
import { mapLimited } from "../shared/mapLimited";
import type { TypeEffects } from "./answerers/types";
import type { UsageEffects } from "./answerers/usage";

export type SumEffects = Pick<TypeEffects, "jobTypes" | "readFleets" | "readCounts" | "now" | "log"> &
  Pick<UsageEffects, "readUsage">;

/** Input of a sum. */
interface Minute {
  effects: SumEffects;
  types: JobType[];
  /** Reads the states of the types' fleets, once for all sums that need them. */
  fleets: () => Promise<FleetState[]>;
}

/** Types whose queues or usage are read at once. */
const typesAtOnce = 20;

/**
 * Makers of the sums. One that throws leaves its own sum out: a part of the letters would look as if some had gone, and
 * come back.
 */
const sums: { [Name in keyof ComponentSums]: (minute: Minute) => Promise<number> } = {
  async DeadLetters({ types, effects }) {
    const counted = await mapLimited(types, typesAtOnce, async ({ type, deadLetterQueueUrl }) => {
      try {
        const { visible, inFlight, delayed = 0 } = await effects.readCounts(deadLetterQueueUrl);
        return visible + inFlight + delayed;
      } catch (cause) {
        throw new Error(`The dead letters of ${type} could not be counted`, { cause });
      }
    });
    return counted.reduce((sum, count) => sum + count, 0);
  },
  async StalledSeconds({ fleets }) {
    // Until its last count: a scaler that doesn't run, of which another alarm tells, makes no type look stalled.
    const stalled = (await fleets()).map(({ countsAt = 0, stalledSince = countsAt }) => countsAt - stalledSince);
    return Math.round(Math.max(0, ...stalled) / 1_000);
  },
  async LaunchProblems({ fleets }) {
    return (await fleets()).filter((fleet) => fleet.launchProblem !== undefined && hasWork(fleet)).length;
  },
  async DollarsToday({ types, effects }) {
    const today = usageDay(effects.now());
    const read = ({ type }: JobType) => effects.readUsage(type, "type", { from: today, to: today });
    const pages = await mapLimited(types, typesAtOnce, read);
    return pages.flatMap(({ items }) => items).reduce((sum, { instanceDollars = 0 }) => sum + instanceDollars, 0);
  },
};

/** True if the type had messages or instances when it was last counted: an idle type keeps its last launch problem. */
function hasWork({ counts }: FleetState): boolean {
  const [visible, inFlight, , ...instances] = decodeCounts(counts) ?? [0, 0, 0];
  return [visible, inFlight, ...instances.slice(0, 4)].some((count) => count > 0);
}

/**
 * Writes sums over all types, of which CloudWatch makes the metrics of the component's alarms. Throws once the others
 * are written if one could not be made: alarms on it would see nothing, and the one on the run's errors says so.
 */
export async function writeSums(effects: SumEffects, { writeSums: names, component }: WriteSums): Promise<void> {
  const { jobTypes, readFleets, now, log } = effects;
  const types = await jobTypes.list();
  let reading: Promise<FleetState[]> | undefined;
  const fleets = () => (reading ??= readFleets(types.map(({ type }) => type)).then(Object.values<FleetState>));
  const errors: unknown[] = [];
  const made = await mapLimited(names, names.length, async (name) => {
    try {
      return [name, await sums[name]({ effects, types, fleets })] as const;
    } catch (error) {
      log("error", "sum-not-written", { sum: name, ...errorFields(error) });
      errors.push(error);
      return [name, undefined] as const;
    }
  });
  if (errors.length < names.length)
    log("info", "component-metrics", embeddedMetrics(now(), { Component: component }, Object.fromEntries(made)));
  if (errors.length > 0) throw new Error("A part of the sums was not written", { cause: errors[0] });
}
