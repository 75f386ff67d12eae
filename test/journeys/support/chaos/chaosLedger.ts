import { expect } from "chai";
import type { Loss, Written } from "./chaos";

/** A line of the handlers' ledger. */
export interface Entry {
  what: "start" | "end" | "kill";
  id: string;
  attempt: number;
  /** A dash where the handler doesn't know: a command. */
  worker: string;
  at: number;
}

/** Observations of a run, beside its ledger. */
export interface Evidence extends Written {
  losses: Loss[];
  /** Lines of the workers and of the local cloud, with the name of who said them. */
  logs: { name: string; line: string }[];
}

export function parseEntry(line: string): Entry {
  const [what, id, attempt, worker, at] = line.split(" ") as [Entry["what"], string, string, string, string];
  return { what, id, attempt: Number(attempt), worker, at: Number(at) };
}

/**
 * Throws at a start after a recorded success, an attempt that ran twice and was not lost, and a repeat without a cause.
 */
export function checkLedger(entries: Entry[], { completions, ...evidence }: Evidence): void {
  // A job that kills its worker notes that before it does.
  const kills = entries.filter(({ what }) => what === "kill").map(({ worker, at }) => ({ victim: worker, from: at }));
  const seen = { ...evidence, losses: [...evidence.losses, ...kills] };
  const byJob = new Map<string, Entry[]>();
  for (const entry of entries) byJob.set(entry.id, [...(byJob.get(entry.id) ?? []), entry]);
  for (const [id, ofJob] of byJob) {
    const starts = ofJob.filter(({ what }) => what === "start").sort((one, other) => one.at - other.at);
    const completed = completions.get(id) ?? Infinity;
    for (const start of starts) {
      const what = `start of ${id}, attempt ${start.attempt}`;
      expect(start.at, start.at > completed ? `${what}\n${told(start, seen)}` : what).to.be.at.most(completed);
    }
    // An attempt that was lost doesn't count: the next one has its number.
    const counted = starts.filter((start, index) => !isLost(start, starts[index + 1], seen));
    const numbers = counted.map(({ attempt }) => attempt);
    const twice = counted.find(({ attempt }, index) => numbers.indexOf(attempt) !== index);
    const about = `attempts of ${id}: ${numbers.join()}`;
    expect(twice, twice && `${about}\n${told(twice, seen)}`).to.equal(undefined);
    starts.slice(0, -1).forEach((start, index) => {
      const cause = causeOf(start, starts[index + 1]!, seen);
      expect(cause, cause ?? `repeat of ${id}, attempt ${start.attempt}\n${told(start, seen)}`).to.exist;
    });
  }
}

type Seen = Omit<Evidence, "completions">;

/**
 * True if the attempt went with its worker, its lease ended before it did, or it began again in a process of its own:
 * if
 * a process that had run other jobs died, the cause isn't certain.
 */
function isLost(start: Entry, next: Entry | undefined, { losses, logs }: Seen): boolean {
  const nextAt = next?.at ?? Infinity;
  // The handler's process outlives a worker that was killed by a moment, in which the attempt may begin.
  const isWorkerLost = losses.some(
    ({ victim, from, until = Infinity }) => isSame(start.worker, victim) && start.at <= until && from <= nextAt,
  );
  if (isWorkerLost || linesOn(start, logs).some((line) => line.includes('"job-lease-lost"'))) return true;
  const ofWorker = logs.filter(({ name }) => isSame(start.worker, name));
  const deaths = ofWorker.filter(({ line }) => line.includes('"handler-died"') && line.includes(`"${start.id}"`));
  return deaths.some(({ line }) => {
    const at = Date.parse((JSON.parse(line) as { time: string }).time);
    return at >= start.at && at <= nextAt;
  });
}

/** Reason why a job was run again after this attempt. */
function causeOf(start: Entry, next: Entry, seen: Seen): string | undefined {
  if (isLost(start, next, seen)) return "the attempt was lost";
  const isRetried = seen.retries.some(
    ({ id, attempt, worker, at }) =>
      id === start.id && attempt === start.attempt && isSame(start.worker, worker) && at <= next.at,
  );
  if (isRetried) return "its worker recorded that it failed";
  const lines = linesOn(start, seen.logs);
  return ["settling-retried", "heartbeat-failed"].find((event) => lines.some((line) => line.includes(event)));
}

/** The worker's own lines about the attempt. */
function linesOn({ id, attempt, worker }: Entry, logs: Evidence["logs"]): string[] {
  const said = logs.filter(({ name, line }) => isSame(worker, name) && line.includes(`"${id}"`));
  const ofAttempt = new RegExp(`"attempt":${attempt}\\b`);
  return said.map(({ line }) => line).filter((line) => ofAttempt.test(line));
}

function isSame(worker: string, name: string): boolean {
  return worker === "-" || worker === name;
}

function told(start: Entry, { logs, losses }: Seen): string {
  return [JSON.stringify(start), linesAbout(start.id, logs), linesOf(start.worker, logs), JSON.stringify(losses)].join(
    "\n",
  );
}

export function linesAbout(id: string, logs: Evidence["logs"]): string {
  return logs
    .filter(({ line }) => line.includes(`"${id}"`))
    .map(({ name, line }) => `${name}: ${line}`)
    .join("\n");
}

/** The last that a worker said, and what was said of it. */
function linesOf(worker: string, logs: Evidence["logs"]): string {
  return logs
    .filter(({ name, line }) => name === worker || line.includes(worker))
    .slice(-20)
    .map(({ name, line }) => `${name}: ${line}`)
    .join("\n");
}
