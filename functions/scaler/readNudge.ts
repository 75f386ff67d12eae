import { isObject } from "../../contract/check";

export const deploymentOnlyModule = true;

/** The jobs just sent, by type, where the event is a nudge; any other event means all types. */
export function readNudge(event: unknown): Record<string, number> | undefined {
  if (!isObject(event) || !isObject(event.sent)) return undefined;
  const counts = Object.entries(event.sent).map(([type, count]) => {
    const isCount = typeof count === "number" && Number.isFinite(count) && count > 0;
    return [type, isCount ? count : 0] as const;
  });
  return Object.fromEntries(counts);
}
