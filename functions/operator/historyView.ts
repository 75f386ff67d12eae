import { decodePast } from "../../contract/fleet/history";
import type { PastCounts } from "../../contract/http/answers";
import type { Past } from "./services/readPast";
import { countsOf } from "./typeView";

/** The counts since a time, and the last ones before, which held until then. */
export function historyView(past: Past, from: string): PastCounts[] {
  let before: number | undefined;
  const all = past.map(([at, text]): PastCounts => {
    const [known, said] = decodePast(text);
    const { counts, instances } = countsOf({ counts: known });
    const { desired, inService, pending } = instances!;
    const reason = reasonOf(desired, before, said);
    before = desired;
    return { at, waiting: counts!.waiting!, running: counts!.running!, inService, pending, desired, reason };
  });
  return all.slice(
    Math.max(
      0,
      all.findLastIndex(({ at }) => at <= from),
    ),
  );
}

/** The scaler raises for a backlog, and lowers for no reason of the workers: those end their own instances. */
function reasonOf(desired: number, before: number | undefined, said: PastCounts["reason"]): PastCounts["reason"] {
  if (before === undefined) return said;
  if (desired === before) return undefined;
  if (desired < before) return said === "backlog" ? "idle" : (said ?? "idle");
  return said ?? "minimum";
}
