import childProcess, { ChildProcess } from "node:child_process";
import { readdirSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";

/**
 * Resources that keep a process busy for a job, by Node's names. Sockets aren't among them: connections are kept on
 * purpose.
 */
const kinds = [
  ...["Timeout", "Immediate", "FSReqCallback", "FSReqPromise", "FSEventWrap", "StatWatcher"],
  ...["ProcessWrap", "TCPServerWrap", "PipeServerWrap", "Worker"],
];

/** Time until a resource that was just closed is gone. */
const graceMilliseconds = 100;

// Saved before a handler can replace them.
const { setTimeout, process } = globalThis;
const list = readdirSync;
const activeResources = process.getActiveResourcesInfo.bind(process);
const { is } = Object;
const { getOwnPropertyNames, getOwnPropertyDescriptor } = Object;
const now = performance.now.bind(performance);

/** Objects that all jobs share. */
const shared: [name: string, object: object][] = [
  ["globalThis", globalThis],
  ...[Object, Function, Array, String, Number, Boolean, Symbol, BigInt, Date, RegExp, Promise, Map, Set, Error].flatMap(
    (type): [string, object][] => [
      [type.name, type],
      [`${type.name}.prototype`, type.prototype as object],
    ],
  ),
  ...Object.entries({ JSON, Math, Reflect, Buffer, console, process }),
];

/** For objects that Node itself changes, only these properties. */
const only: Record<string, string[]> = { process: ["exit", "kill", "nextTick", "hrtime", "memoryUsage", "uptime"] };

interface Kept {
  name: string;
  object: Record<string, unknown>;
  count?: number;
  values: [property: string, value: unknown][];
}

/** Finds the traces that a job leaves in its process: running resources, and changes of shared objects. */
export class RemainsFinder {
  private readonly before: Record<string, number>;
  private readonly kept: Kept[];
  private readonly folder = process.cwd();
  private hasChangedEnvironment = false;
  private spawned = 0;

  /** Create it once the handler is loaded: the handler's own changes until then stay. */
  constructor() {
    this.watchEnvironment();
    this.watchChildren();
    this.before = countActive();
    this.kept = shared.map(([name, object]) => keep(name, object as Record<string, unknown>));
  }

  /** True if processes were started since the last call. */
  takeSpawned(): boolean {
    const hasSpawned = this.spawned > 0;
    this.spawned = 0;
    return hasSpawned;
  }

  isEmpty(folder: string): boolean {
    try {
      return list(folder).length === 0;
    } catch {
      return false;
    }
  }

  /** Reason why no further job should run in this process. */
  async findSpoiling(): Promise<string | undefined> {
    return this.findChange() ?? (await this.findActive());
  }

  private async findActive(): Promise<string | undefined> {
    for (const end = now() + graceMilliseconds; ;) {
      const active = countActive();
      const left = kinds.filter((kind) => (active[kind] ?? 0) > (this.before[kind] ?? 0));
      if (left.length === 0) return undefined;
      if (now() >= end) return `left at work: ${left.join(", ")}`;
      await new Promise<void>((resolve) => setTimeout(resolve, 5).unref());
    }
  }

  private findChange(): string | undefined {
    if (this.hasChangedEnvironment) return "changed: process.env";
    if (process.cwd() !== this.folder) return "changed: the working folder";
    for (const { name, object, count, values } of this.kept) {
      for (let index = 0; index < values.length; index++) {
        const [property, value] = values[index]!;
        if (!is(object[property], value)) return `changed: ${name}.${property}`;
      }
      if (count !== undefined && getOwnPropertyNames(object).length !== count) return `changed: what ${name} has`;
    }
    return undefined;
  }

  private watchEnvironment(): void {
    const note = () => {
      this.hasChangedEnvironment = true;
    };
    const watched = new Proxy(process.env, {
      set(target, name, value) {
        if (target[name as string] !== String(value)) note();
        return Reflect.set(target, name, value);
      },
      defineProperty(target, name, attributes) {
        note();
        return Reflect.defineProperty(target, name, attributes);
      },
      deleteProperty(target, name) {
        if (name in target) note();
        return Reflect.deleteProperty(target, name);
      },
    });
    process.env = watched;
  }

  /** Every way to start a process uses one of these, except native code. */
  private watchChildren(): void {
    const note = () => {
      this.spawned++;
    };
    const prototype = ChildProcess.prototype as unknown as Record<"spawn", (...rest: unknown[]) => unknown>;
    const { spawn } = prototype;
    prototype.spawn = function (...rest) {
      note();
      return spawn.apply(this, rest);
    };
    for (const name of ["spawnSync", "execSync", "execFileSync"] as const) {
      const start = childProcess[name] as (...rest: unknown[]) => unknown;
      (childProcess as unknown as Record<string, unknown>)[name] = (...rest: unknown[]) => {
        note();
        return start(...rest);
      };
    }
    syncBuiltinESMExports();
  }
}

/** Only values: reading an accessor may change it. */
function keep(name: string, object: Record<string, unknown>): Kept {
  const names = getOwnPropertyNames(object);
  const values = (only[name] ?? names)
    .filter((property) => getOwnPropertyDescriptor(object, property)!.get === undefined)
    .map((property): [string, unknown] => [property, object[property]])
    .filter(([, value]) => typeof value === "function" || (name === "globalThis" && typeof value !== "number"));
  return { name, object, ...(!(name in only) && { count: names.length }), values };
}

function countActive(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of activeResources()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
