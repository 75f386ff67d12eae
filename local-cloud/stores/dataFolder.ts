import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { ClassicLevel } from "classic-level";

/** Version of the format, which the folder's head says. */
const version = 1;

const headKey = "head";

/** Kinds of values that a run tells about; those of a further region begin with its name. */
const counted = /^(?:\S+-\d )?(message|object|schedule) /;

interface Head {
  version: number;
  /** Project and stack. */
  owner: string;
  /** The first region, whose data has plain keys. Undefined in the folder of an earlier version. */
  region?: string;
  /** True while a run uses the folder, and after one that was killed. */
  isOpen: boolean;
}

/** The part of a folder of data that a region has. */
export type RegionData = Pick<
  DataFolder,
  "folder" | "tables" | "wasKilled" | "failure" | "take" | "put" | "delete" | "written"
>;

type Change = { type: "put"; key: string; value: unknown } | { type: "del"; key: string };

/**
 * Folder that keeps the state of a local cloud between runs, in two LevelDB databases: `tables` is dynalite's, `state`
 * holds messages, objects, schedules and events on their way to functions. LevelDB hands each write to the operating
 * system at once, drops what a killed process wrote in part, and lets one process in.
 */
export class DataFolder {
  private readonly changes: Change[] = [];
  private readonly taken: Record<string, number> = {};
  private writing: Promise<void> = Promise.resolve();
  /** Resolves to the first error of a write; from then on nothing is kept. */
  readonly failure: Promise<Error>;
  private fail!: (error: Error) => void;

  private constructor(
    readonly folder: string,
    private readonly db: ClassicLevel<string, unknown>,
    private readonly head: Head,
    /** Values that an earlier run left and nothing has taken yet. */
    private readonly left: Map<string, unknown>,
    /** True if the earlier run didn't end by itself. */
    readonly wasKilled: boolean,
  ) {
    this.failure = new Promise((resolve) => (this.fail = resolve));
  }

  /** @throws Error if it isn't a folder of this owner's data and first region that this process alone may write */
  static async open(folder: string, owner: string, region: string): Promise<DataFolder> {
    const refuse = (got: string) => new Error(`Expected a folder of data of ${owner}, got ${folder}: ${got}`);
    const state = join(folder, "state");
    const db = new ClassicLevel<string, unknown>(state, {
      valueEncoding: { name: "v8", format: "buffer", encode: serialize, decode: deserialize },
    });
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      if (!existsSync(state) && readdirSync(folder).length > 0) throw new Error("other files are in it");
      await db.open();
    } catch (error) {
      const { message, cause } = error as Error & { cause?: Error & { code?: string } };
      throw refuse(cause?.code === "LEVEL_LOCKED" ? "another run uses it" : (cause?.message ?? message));
    }
    const left = new Map(await db.iterator().all());
    const before = left.get(headKey) as Head | undefined;
    left.delete(headKey);
    const got =
      before && before.version !== version
        ? `another version of batch-job-processor wrote it (format ${before.version}, not ${version})`
        : before && before.owner !== owner
          ? `it is that of ${before.owner}`
          : before?.region !== undefined && before.region !== region
            ? `its first region is ${before.region}, not ${region}`
            : undefined;
    if (got !== undefined) {
      await db.close();
      throw refuse(got);
    }
    const head = { version, owner, region, isOpen: true };
    const data = new DataFolder(folder, db, head, left, before?.isOpen ?? false);
    data.put(headKey, head);
    return data;
  }

  /** Folder of dynalite's database. */
  get tables(): string {
    return join(this.folder, "tables");
  }

  /** The part of a further region; the first one has its own under plain keys, as all folders of one region do. */
  of(region: string): RegionData {
    const start = `${region} `;
    return {
      folder: this.folder,
      tables: `${this.tables}-${region}`,
      wasKilled: this.wasKilled,
      failure: this.failure,
      take: (key) => this.take(start + key),
      put: (key, value) => this.put(start + key, value),
      delete: (key) => this.delete(start + key),
      written: () => this.written(),
    };
  }

  /** Values that an earlier run left, by the rest of their keys, in the order of these: once. */
  take<T>(start: string): [rest: string, value: T][] {
    const keys = [...this.left.keys()].filter((key) => key.startsWith(start));
    return keys.map((key) => {
      const value = this.left.get(key) as T;
      this.left.delete(key);
      const [, kind] = counted.exec(key) ?? [];
      if (kind) this.taken[kind] = (this.taken[kind] ?? 0) + 1;
      return [key.slice(start.length), value];
    });
  }

  /** A line that says what was resumed. */
  told(): string {
    const counts = Object.entries(this.taken).map(([kind, count]) => `${count} ${kind}${count === 1 ? "" : "s"}`);
    const rest = [...this.left.keys()].filter((key) => counted.test(key)).length;
    return (
      (counts.length > 0 ? `Resumed ${counts.join(", ")} from ` : "Keeps queues, tables, objects and schedules in ") +
      this.folder +
      (rest > 0 ? `; ${rest} stay there, since the program has no such queue, bucket or group now` : "")
    );
  }

  put(key: string, value: unknown): void {
    this.change({ type: "put", key, value });
  }

  delete(key: string): void {
    this.change({ type: "del", key });
  }

  /** Resolves once all changes so far outlast this process. */
  written(): Promise<void> {
    return this.writing;
  }

  async close(): Promise<void> {
    this.put(headKey, { ...this.head, isOpen: false });
    await this.writing.catch(() => undefined);
    await this.db.close();
  }

  /** Changes of one moment are written together, with the values that they have when the write begins. */
  private change(change: Change): void {
    if (this.changes.push(change) > 1) return;
    this.writing = this.writing.then(() => this.db.batch(this.changes.splice(0)));
    this.writing.catch(this.fail);
  }
}
