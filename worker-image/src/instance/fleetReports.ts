import { reportSeconds, wakingSeconds } from "../../../contract/fleet/state";
import { errorFields, type Log } from "../../../contract/log";
import { type Clock } from "../support/clock";
import { startHeartbeat } from "../support/heartbeat";
import { type FleetTable } from "./fleetTable";
import { type HealthSource, unhealthyReason } from "./health";
import { type MetadataReader } from "./notice";
import { type RecentJobs } from "./recentJobs";

/** Time that an instance's item outlasts its last report. */
const keptSeconds = 900;

export interface FleetReportsEffects {
  table: FleetTable;
  metadata: MetadataReader;
  /** Concurrent jobs. */
  slots: number;
  recentJobs: RecentJobs;
  clock: Clock;
  log: Log;
}

/**
 * The worker's reports on itself in the fleet table: at once, unless the fleet has just been raised from zero, and then
 * every half minute. They come from the worker's own process, so that a worker that hangs falls silent, and an
 * unhealthy one stays silent: its instance is then replaced. A failed report is a warning, and the next one comes all
 * the same.
 */
export class FleetReports {
  private stop?: () => Promise<void>;
  private first: Promise<void> = Promise.resolve();
  private worker?: HealthSource;
  private instanceId?: string;
  private isSilent = false;

  constructor(private readonly effects: FleetReportsEffects) {}

  /** @param onRetire called with each answer that says that this instance retires */
  begin(worker: HealthSource, onRetire: () => void): void {
    if (this.stop) return;
    this.worker = worker;
    const { clock, log } = this.effects;
    const onError = (error: unknown) => log("warn", "fleet-report-failed", errorFields(error));
    const beat = async () => {
      if (this.isUnhealthy(worker)) return;
      if ((await this.report()) !== undefined) onRetire();
    };
    const first = async () => ((await this.isExpected()) ? beat() : undefined);
    this.first = first().catch(onError);
    this.stop = startHeartbeat(clock, reportSeconds * 1_000, beat, onError);
  }

  /** Resolves once no report is being written. None is written at the end, which Auto Scaling's group shows. */
  async end(): Promise<void> {
    await Promise.all([this.first, this.stop?.()]);
  }

  /** False if the scaler waits for the second report, and no launch problem for the first. */
  private async isExpected(): Promise<boolean> {
    const { table, clock } = this.effects;
    const { wokenAt = -Infinity, launchProblem } = await table.readFigures();
    return launchProblem !== undefined || clock.wallNow() - wokenAt >= wakingSeconds * 1_000;
  }

  private isUnhealthy(worker: HealthSource): boolean {
    const { clock, log } = this.effects;
    const reason = unhealthyReason(worker, clock.now());
    if (reason !== undefined && !this.isSilent) log("error", "fleet-report-withheld", { reason });
    this.isSilent = reason !== undefined;
    return this.isSilent;
  }

  private async report(): Promise<number | undefined> {
    const { table, metadata, slots, recentJobs, clock } = this.effects;
    this.instanceId ??= await metadata.read("instance-id");
    if (this.instanceId === undefined) return undefined;
    const seenAt = clock.wallNow();
    return table.report(this.instanceId, {
      seenAt,
      slots,
      busySlots: this.worker?.busySlots ?? 0,
      alone: this.worker?.isAlone ? 1 : 0,
      ...recentJobs.read(),
      expiresAt: Math.ceil(seenAt / 1_000) + keptSeconds,
    });
  }
}
