import { setTimeout as sleep } from "node:timers/promises";
import { isFinal } from "../../contract/records/record";
import type { Waiting } from "../../contract/records/waiting";
import { WaitTimeoutError } from "../errors";
import type { Job } from "../job";

export interface WaitOptions {
  /** Longest wait, in seconds. @default - until the job ends */
  timeoutSeconds?: number;
  /** Called with the job after each read that shows a change. */
  onProgress?: (job: Job) => void;
  /** Called with the reason why the job waits, after 10 s, and whenever that changes, but for numbers and times. */
  onWaiting?: (waiting: Waiting, job: Job) => void;
  /** False leaves a result in S3 where it is: `resultRef` has its URL. @default true */
  result?: boolean;
  /** Ends the waiting, not the job. */
  signal?: AbortSignal;
}

/** Time between two reads of the job: each half as long again. */
export const pollMilliseconds = { first: 200, longest: 5_000, growth: 1.5 };

/** Shortest time allowed for the last read, even beyond the timeout. */
const leastLookMilliseconds = 2_000;

/** Longer timers fire at once. */
const longestTimerMilliseconds = 2 ** 31 - 1;

/** Shorter waits are not worth a message. */
const patienceMilliseconds = 10_000;

/** Source of time: a clock that never jumps, in milliseconds. */
export interface WaitClock {
  now(): number;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<unknown>;
}

const machineClock: WaitClock = {
  now: () => performance.now(),
  sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
};

/**
 * Reads a job until it has ended, and returns its final state.
 *
 * @throws WaitTimeoutError once the timeout is reached; what `look` throws; the signal's reason.
 */
export async function waitForJob(
  look: (signal?: AbortSignal) => Promise<Job>,
  { timeoutSeconds = Infinity, onProgress, onWaiting, signal }: WaitOptions,
  clock = machineClock,
): Promise<Job> {
  const start = clock.now();
  const end = start + timeoutSeconds * 1_000;
  let job: Job | undefined;
  let told: string | undefined;
  for (let pause = pollMilliseconds.first; ; pause = nextPause(pause)) {
    const present: Job = await lookUntil(end - clock.now(), look, signal).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw job && clock.now() >= end ? new WaitTimeoutError(job, timeoutSeconds) : error;
    });
    if (lastingOf(present) !== lastingOf(job)) onProgress?.(present);
    job = present;
    const { waiting } = job;
    const why = waiting?.reason === "unknown" ? waiting.reason : lastingOf(waiting);
    if (waiting && clock.now() - start >= patienceMilliseconds && told !== why) {
      told = why;
      onWaiting?.(waiting, job);
    }
    if (isFinal(job.state)) return job;
    const left = end - clock.now();
    if (left <= 0) throw new WaitTimeoutError(job, timeoutSeconds);
    await clock.sleep(Math.min(pause, left), signal).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
  }
}

/** Fields that change from read to read. */
const passing = ["asOf", "ahead", "estimatedStartAt"];

/** The value less what changes with each read. */
function lastingOf(value: Job | Waiting | undefined): string | undefined {
  return JSON.stringify(value, (key, each: unknown) => (passing.includes(key) ? undefined : each));
}

export function nextPause(pause: number): number {
  return Math.min(pause * pollMilliseconds.growth, pollMilliseconds.longest);
}

/** A read without an answer must not exceed the timeout by much. */
async function lookUntil(left: number, look: (signal?: AbortSignal) => Promise<Job>, signal?: AbortSignal) {
  const milliseconds = Math.max(left, leastLookMilliseconds);
  if (milliseconds > longestTimerMilliseconds) return look(signal);
  const late = AbortSignal.timeout(Math.ceil(milliseconds));
  return look(signal ? AbortSignal.any([signal, late]) : late);
}
