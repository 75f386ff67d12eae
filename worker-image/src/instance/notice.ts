/** Reads one item of instance metadata. */
export interface MetadataReader {
  read(path: string): Promise<string | undefined>;
}

/** Reason why an instance will be terminated. */
export interface Notice {
  kind: "spot-interruption" | "rebalance-recommendation" | "terminating";
  /** Time of AWS's termination: epoch milliseconds. */
  endsAt?: number;
}

/** Metadata's notice of the instance's end, the most urgent first; undefined while it is to stay. */
export async function readNotice(metadata: MetadataReader): Promise<Notice | undefined> {
  const [spot, target, rebalance] = await Promise.all([
    metadata.read("spot/instance-action"),
    metadata.read("autoscaling/target-lifecycle-state"),
    metadata.read("events/recommendations/rebalance"),
  ]);
  if (spot !== undefined) return { kind: "spot-interruption", endsAt: timeOf(spot) };
  if (target === "Terminated") return { kind: "terminating" };
  return rebalance === undefined ? undefined : { kind: "rebalance-recommendation" };
}

/** The time in `{"action": "terminate", "time": "2026-11-23T12:00:00Z"}`; undefined if it can't be read. */
function timeOf(instanceAction: string): number | undefined {
  const [, text] = /"time"\s*:\s*"([^"]+)"/.exec(instanceAction) ?? [];
  const time = Date.parse(text ?? "");
  return Number.isNaN(time) ? undefined : time;
}
