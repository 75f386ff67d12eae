import { chunksOf } from "../../shared/chunksOf";
import type { DaysUsage, ReadUsage } from "../services/readUsage";
import type { AskedUsage, UsagePlace } from "./readAsked";

/** A part of a type's usage. */
export interface UsagePart {
  type: string;
  /** Usage by what was asked for. */
  items: DaysUsage[];
  /** The type's own usage: of all jobs and the instances. In the first part of each type. */
  own: DaysUsage[];
  /** Place after this part; undefined at the end of the last type. */
  rest?: UsagePlace | undefined;
}

const typesAtOnce = 20;

/** Reads the types' usage part by part, in the order of the types, the first parts of some types at once. */
export async function* readParts(
  readUsage: ReadUsage,
  types: string[],
  { by, dimension, days, place }: AskedUsage,
): AsyncGenerator<UsagePart> {
  const left = types.filter((type) => place === undefined || type >= place.type);

  async function begin(type: string) {
    const after = place?.type === type ? place.after : undefined;
    const [page, own] = await Promise.all([
      readUsage(type, dimension, days, after),
      by === "type" || after !== undefined ? undefined : readUsage(type, "type", days),
    ]);
    return { type, page, own: own?.items ?? [] };
  }

  for (const [round, chunk] of chunksOf(left, typesAtOnce).entries()) {
    for (const [index, { type, page, own }] of (await Promise.all(chunk.map(begin))).entries()) {
      const following = left[round * typesAtOnce + index + 1];
      const restAfter = (next: string | undefined): UsagePlace | undefined =>
        next === undefined ? (following === undefined ? undefined : { type: following }) : { type, after: next };
      let { items, next } = page;
      yield { type, items, own: by === "type" ? items : own, rest: restAfter(next) };
      while (next !== undefined) {
        ({ items, next } = await readUsage(type, dimension, days, next));
        yield { type, items, own: by === "type" ? items : [], rest: restAfter(next) };
      }
    }
  }
}
