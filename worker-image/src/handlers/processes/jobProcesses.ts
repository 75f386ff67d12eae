import { randomBytes } from "node:crypto";
import { sep } from "node:path";
import { type Clock } from "../../support/clock";
import { countKernelKills, type KernelKill, preferForKill } from "../memory";
import { signalProcess } from "./processGroups";
import { type ProcessEntry, readProcesses } from "./processTable";

/** Variable that identifies the processes of an attempt: every child inherits it. */
export const markVariable = "JOB_PROCESS_MARK";

/** Time between two scans of the processes of running attempts. */
const lookMilliseconds = 500;

/** Fraction of the time that scans may take, as its denominator. */
const lookShare = 100;

/** Passes of a kill, since processes may be started while others are killed. */
const maxPasses = 20;

/**
 * Age after which an unassigned process stays unassigned: a younger one may still be about to take on its environment.
 */
const strangerMilliseconds = 1_000;

const markPattern = new RegExp(`(?:^|\\0)${markVariable}=([^\\0]*)`);

export interface TrackedJob {
  /** Its first process, which its owner ends; all that it starts counts as the job's. */
  root: number;
  /** True if the first process is the worker's own and outlives the job. */
  isRootKept: boolean;
  /** Mark in the environment of the job's processes. */
  mark: string;
  /** The attempt's folder: processes that work in it belong to the attempt. */
  folder?: string;
  /** Processes with this mark, and those that they start, existed before the attempt and stay. */
  spareMark?: string;
  maxBytes: number;
  /** Called when all its processes together hold more than `maxBytes`. */
  onTooLarge(bytes: number): void;
}

interface Tracked extends TrackedJob {
  /**
   * Its processes at the last scan: pid and start time. Once seen, a process stays the job's, even if its parents end.
   */
  known: Map<number, string>;
  /** Memory that they held at the last scan. */
  heldBytes: number;
  /** The kernel's kills up to the scan before the last: the last one may have come after a kill. */
  killsBefore: number | undefined;
  killsAtLook: number | undefined;
}

/**
 * The processes of the running attempts, in any group and session: identified by the mark in their environment,
 * by their parents, and by their working folder. They are scanned every half second, so that one that loses
 * all of these later is still known. A process that clears its environment, leaves its folder
 * and loses its parent between two scans is never seen. Without /proc, folders are unknown.
 */
export class JobProcesses {
  /** Prefix of every mark of this worker. */
  readonly prefix = randomBytes(8).toString("hex");
  private readonly tracked = new Set<Tracked>();
  private readonly strangers = new Map<string, number>();
  private marks = 0;
  private cancelLook?: () => void;

  /**
   * @param kernelKills counts the processes that the kernel has killed for lack of memory on this machine, if it says
   * so
   */
  constructor(
    private readonly clock: Clock,
    private readonly kernelKills: () => number | undefined = countKernelKills,
  ) {}

  createMark(): string {
    return `${this.prefix}-${++this.marks}`;
  }

  /** Begins to track the job's processes and to bound their memory. Its fields may change. */
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

  /** The kernel's kill for lack of memory within the last second, if there was one; of this job, or of another. */
  kernelKill(job: TrackedJob): KernelKill | undefined {
    const { killsBefore, heldBytes } = job as Tracked;
    const kills = this.kernelKills();
    return kills !== undefined && killsBefore !== undefined && kills > killsBefore ? { bytes: heldBytes } : undefined;
  }

  /** Kills every process of the job, except a root that is kept. Returns their number. */
  kill(job: TrackedJob): number {
    const killed = new Set<string>();
    for (let pass = 0; pass < maxPasses; pass++) {
      const members = this.membersOf(job as Tracked, readProcesses());
      let found = 0;
      for (const member of members) {
        if (killed.has(keyOf(member))) continue;
        killed.add(keyOf(member));
        found++;
        signalProcess(member.pid, "SIGKILL");
      }
      if (found === 0) break;
    }
    (job as Tracked).known.clear();
    return killed.size;
  }

  /** Signals the job's processes that have left the group. */
  signalOutside(job: TrackedJob, group: number, name: NodeJS.Signals): void {
    for (const entry of this.membersOf(job as Tracked, readProcesses())) {
      if (entry.group !== group) signalProcess(entry.pid, name);
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
      // A process that was started before its parent was preferred is not preferred itself.
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
    // Shared memory of several processes counts only once.
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

function sum<T>(items: T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
