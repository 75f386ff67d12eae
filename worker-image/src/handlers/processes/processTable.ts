import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A process of this machine, or of this container. */
export interface ProcessEntry {
  pid: number;
  parent: number;
  group: number;
  session: number;
  /** Distinguishes a process from a later one with the same id. */
  startedAt: string;
  /** Environment at its start, names and values; empty if it can't be read. */
  environment(): string;
  /** Its working folder; undefined if it can't be read. */
  folder(): string | undefined;
  /** Its memory; 0 if it can't be read. */
  rssBytes(): number;
  /** Its memory, with shared pages counted in parts. */
  sharedBytes(): number;
}

const hasProc = process.platform === "linux";

/** All live processes: from /proc on Linux; elsewhere from `ps`, which has no folders. Zombies are left out. */
export function readProcesses(): ProcessEntry[] {
  return hasProc ? fromProc() : fromPs();
}

function fromProc(): ProcessEntry[] {
  const found: ProcessEntry[] = [];
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    const stat = pid > 0 ? read(`${pid}/stat`) : "";
    // The command's name, in parentheses, may contain anything ("proc_pid_stat(5)").
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, parent, group, session] = fields;
    if (stat === "" || state === "Z" || state === "X") continue;
    found.push({
      pid,
      parent: Number(parent),
      group: Number(group),
      session: Number(session),
      startedAt: fields[19] ?? "",
      environment: once(() => read(`${pid}/environ`)),
      folder: once(() => readFolder(pid)),
      rssBytes: () => kilobytes(read(`${pid}/status`), "VmRSS") * 1_024,
      sharedBytes: () => kilobytes(read(`${pid}/smaps_rollup`), "Pss") * 1_024,
    });
  }
  return found;
}

/** Each line ends in the command, then its environment, as far as the system shows it. */
function fromPs(): ProcessEntry[] {
  const columns = ["pid", "ppid", "pgid", "sess", "rss", "lstart", "command"].flatMap((name) => ["-o", `${name}=`]);
  const { stdout } = spawnSync("ps", ["-A", "-E", "-ww", ...columns], { encoding: "utf8", maxBuffer: 64 * 1_024 ** 2 });
  return (stdout ?? "").split("\n").flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\d+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(.*)$/.exec(line);
    if (!match) return [];
    const [, pid, parent, group, session, rss, startedAt, command] = match;
    const bytes = Number(rss) * 1_024;
    return {
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      session: Number(session) || 0,
      startedAt: startedAt!,
      environment: () => command!.replaceAll(" ", "\0"),
      folder: () => undefined,
      rssBytes: () => bytes,
      sharedBytes: () => bytes,
    };
  });
}

/** Several readers need the same process. */
function once<T>(look: () => T): () => T {
  let seen: { value: T } | undefined;
  return () => (seen ??= { value: look() }).value;
}

/** Empty if the process is gone, or is another user's. */
function read(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, "utf8");
  } catch {
    return "";
  }
}

function readFolder(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

function kilobytes(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0);
}
