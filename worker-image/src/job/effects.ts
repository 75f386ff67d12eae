import { type Log } from "../../../contract/log";
import { type JobEnvelope } from "../../../contract/messages/envelope";
import { type WorkerSettings } from "../../../contract/workerSettings";
import { type Runner } from "../handlers/runner";
import { type JobQueue } from "../queue/queue";
import { type Checkpoints } from "../records/checkpoints";
import { type JobRecords } from "../records/records";
import { type Clock } from "../support/clock";
import { type WorkerOutput } from "../support/lineWriter";
import { type JobUsage } from "../usage/usageMeter";
import { type LargeValues } from "../values/largeValues";
import { type Traces } from "./trace";

/** Dependencies of the processing of jobs. */
export interface JobEffects {
  settings: WorkerSettings;
  workerId: string;
  queue: JobQueue;
  records: JobRecords;
  /** Undefined without records. */
  checkpoints?: Checkpoints | undefined;
  /** Undefined without records, or if payloads are not kept. */
  keepPayload?: ((job: JobEnvelope) => Promise<void>) | undefined;
  /** Undefined without records. */
  largeValues?: LargeValues | undefined;
  runner: Runner;
  clock: Clock;
  random: () => number;
  log: Log;
  /** @default - no usage is kept */
  usage?: JobUsage | undefined;
  /** Undefined if spans aren't exported. */
  traces?: Traces | undefined;
  /** Called when a handler can't be stopped: the worker itself has to end. */
  onStuck?: () => void;
  /** Output of log lines; lines are dropped while it is behind. */
  output?: WorkerOutput;
}

/** End of a lease that begins now: epoch milliseconds. */
export function leaseEnd({ clock, settings }: Pick<JobEffects, "clock" | "settings">): number {
  return clock.now() + settings.visibilityTimeoutSeconds * 1_000;
}
