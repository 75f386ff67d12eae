import { randomBytes } from "node:crypto";
import { sep } from "node:path";
import { Clock } from "../support/clock";
import { countKernelKills, KernelKill, preferForKill } from "./memory";
import { ProcessEntry, readProcesses } from "./processTable";

/** Variable by which the processes of an attempt are known: every child inherits it. */
export const markVariable = "JOB_PROCESS_MARK";

/** How often the processes of running attempts are looked at. */
const lookMilliseconds = 500;

/** A look may take one part in so many of the time. */
const lookShare = 100;

/** Processes that are started while others are killed are found by the next pass. */
const maxPasses = 20;

/** A process that was seen for so long and is nobody's stays nobody's: a young one may still be about to take on its environment. */
const strangerMilliseconds = 1_000;

const markPattern = new RegExp(`(?:^|\\0)${markVariable}=([^\\0]*)`);

export interface TrackedJob {
  /** Its first process, which others decide on; all it starts counts as the job's. */
  root: number;
  /** Whether the first process is the worker's own and outlives the job. */
  isRootKept: boolean;
  /** The mark in the environment of the job's processes. */
  mark: string;
  /** The attempt's folder: who works in it belongs to the attempt. */
  folder?: string;
  /** Processes with this mark, and what they start, were there before the attempt and stay. */
  spareMark?: string;
  maxBytes: number;
  /** All its processes together hold more than `maxBytes`. */
  onTooLarge(bytes: number): void;
}

interface Tracked extends TrackedJob {
  /** Its processes as last seen: pid and start. One that was seen once stays the job's, whatever becomes of its parents. */
  known: Map<number, string>;
  /** Memory that they held at the last look. */
  heldBytes: number;
  /** The kernel's kills up to the look before the last: the last one may have come after a kill. */
  killsBefore: number | undefined;
  killsAtLook: number | undefined;
}

/**
 * The processes of the attempts at work, whatever groups and sessions they have: found by the mark in their environment,
 * by their parents, and by the folder that they work in. They are looked at every half second, so that one which leaves
 * all of these behind later is still known. What is never seen: a process that clears its environment, leaves its folder
 * and loses its parent between two looks. Without /proc folders are unknown.
 */
export class JobProcesses {
  /** Begins every mark of this worker. */
  readonly prefix = randomBytes(8).toString("hex");
  private readonly tracked = new Set<Tracked>();
  private readonly strangers = new Map<string, number>();
  private marks = 0;
  private cancelLook?: () => void;

  /** @param kernelKills counts what the kernel has killed on this machine for want of memory, if it says so */
  constructor(
    private readonly clock: Clock,
    private readonly kernelKills: () => number | undefined = countKernelKills,
  ) {}

  createMark(): string {
    return `${this.prefix}-${++this.marks}`;
  }

  /** From now on the job's processes are known and their memory is bounded. Its fields may change. */
  track(job: TrackedJob): TrackedJob {
    const kills = this.kernelKills();
    const seen = { known: new Map<number, string>(), heldBytes: 0, killsBefore: kills, killsAtLook: kills };
    const tracked: Tracked = Object.assign(job, seen);
    this.tracked.add(tracked);
    this.schedule(lookMilliseconds);
    return tracked;
  }

  untrack(job: TrackedJob): void {
    this.tracked.delete(job as Tracked);
    if (this.tracked.size > 0) return;
    this.cancelLook?.();
    this.cancelLook = undefined;
    this.strangers.clear();
  }

  /** Says whether the kernel has killed a process for want of memory within the last second; of this job, or of another. */
  kernelKill(job: TrackedJob): KernelKill | undefined {
    const { killsBefore, heldBytes } = job as Tracked;
    const kills = this.kernelKills();
    return kills !== undefined && killsBefore !== undefined && kills > killsBefore ? { bytes: heldBytes } : undefined;
  }

  /** Kills every process of the job, but not a root that is kept. Returns how many there were. */
  kill(job: TrackedJob): number {
    const killed = new Set<string>();
    for (let pass = 0; pass < maxPasses; pass++) {
      const members = this.membersOf(job as Tracked, readProcesses());
      let found = 0;
      for (const { pid, startedAt } of members) {
        if (killed.has(`${pid} ${startedAt}`)) continue;
        killed.add(`${pid} ${startedAt}`);
        found++;
        signal(pid, "SIGKILL");
      }
      if (found === 0) break;
    }
    (job as Tracked).known.clear();
    return killed.size;
  }

  /** Signals the job's processes that have left the group. */
  signalOutside(job: TrackedJob, group: number, name: NodeJS.Signals): void {
    for (const entry of this.membersOf(job as Tracked, readProcesses())) {
      if (entry.group !== group) signal(entry.pid, name);
    }
  }

  private schedule(milliseconds: number): void {
    this.cancelLook ??= this.clock.after(milliseconds, () => this.look());
  }

  private look(): void {
    const begun = performance.now();
    const processes = readProcesses();
    const kills = this.kernelKills();
    for (const job of this.tracked) {
      job.killsBefore = job.killsAtLook;
      job.killsAtLook = kills;
      const members = this.membersOf(job, processes);
      // One that was started before its parent was preferred is not preferred itself.
      for (const { pid } of members) if (!job.known.has(pid)) preferForKill(pid);
      job.known = new Map(members.map(({ pid, startedAt }) => [pid, startedAt]));
      this.weigh(job, members, processes);
    }
    this.forgetStrangers(processes);
    this.cancelLook = undefined;
    if (this.tracked.size > 0) this.schedule(Math.max(lookMilliseconds, (performance.now() - begun) * lookShare));
  }

  private weigh(job: Tracked, members: ProcessEntry[], processes: ProcessEntry[]): void {
    const root = job.isRootKept ? processes.filter(({ pid }) => pid === job.root) : [];
    const all = [...members, ...root];
    job.heldBytes = sum(all, (entry) => entry.rssBytes());
    if (job.heldBytes <= job.maxBytes) return;
    // What processes share counts once only.
    const bytes = sum(all, (entry) => entry.sharedBytes() || entry.rssBytes());
    if (bytes > job.maxBytes) job.onTooLarge(bytes);
  }

  private membersOf(job: Tracked, processes: ProcessEntry[]): ProcessEntry[] {
    const isMember = new Set<number>();
    const members: ProcessEntry[] = [];
    const sessions = new Set<number>(job.isRootKept ? [] : [job.root]);
    const add = (entry: ProcessEntry) => {
      if (isMember.has(entry.pid) || entry.pid === process.pid) return;
      if (job.isRootKept && entry.pid === job.root) return;
      isMember.add(entry.pid);
      members.push(entry);
      if (entry.session === entry.pid) sessions.add(entry.session);
    };
    const marks = new Map<number, string | undefined>();
    for (const entry of processes) {
      const { pid, startedAt } = entry;
      if (pid === job.root && !job.isRootKept) add(entry);
      else if (job.known.get(pid) === startedAt) add(entry);
      else {
        const mark = this.markOf(entry);
        marks.set(pid, mark);
        if (mark === job.mark || this.isAtWorkIn(job, entry, mark)) add(entry);
      }
    }
    // Children of children come in any order.
    for (let before = -1; before !== members.length;) {
      before = members.length;
      for (const entry of processes) {
        const isChild = isMember.has(entry.parent) || (job.isRootKept && entry.parent === job.root);
        if (!isChild && !sessions.has(entry.session)) continue;
        const isSpared = job.spareMark !== undefined && marks.get(entry.pid) === job.spareMark;
        if (!isSpared) add(entry);
      }
    }
    return members;
  }

  private isAtWorkIn({ folder }: Tracked, entry: ProcessEntry, mark: string | undefined): boolean {
    if (folder === undefined || (mark === undefined && this.isStranger(entry))) return false;
    const where = entry.folder();
    return where !== undefined && (where === folder || where.startsWith(folder + sep));
  }

  private markOf(entry: ProcessEntry): string | undefined {
    if (this.isStranger(entry)) return undefined;
    const mark = markPattern.exec(entry.environment())?.[1];
    if (mark?.startsWith(this.prefix)) return mark;
    const key = keyOf(entry);
    if (!this.strangers.has(key)) this.strangers.set(key, this.clock.now());
    return undefined;
  }

  private isStranger(entry: ProcessEntry): boolean {
    const since = this.strangers.get(keyOf(entry));
    return since !== undefined && this.clock.now() - since > strangerMilliseconds;
  }

  private forgetStrangers(processes: ProcessEntry[]): void {
    const living = new Set(processes.map(keyOf));
    for (const key of this.strangers.keys()) if (!living.has(key)) this.strangers.delete(key);
  }
}

function keyOf({ pid, startedAt }: ProcessEntry): string {
  return `${pid} ${startedAt}`;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // ESRCH: it is gone. EPERM: it has become another user's.
    if (!["ESRCH", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

function sum<T>(items: T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
