import type { ActionItem, Actions } from "../../../functions/operator/actions/actions";
import { goesOn, leaseMilliseconds } from "../../../functions/operator/actions/actions";

type Stored = ActionItem & { run?: string; leaseUntil: number };

/** Actions in memory. */
export class MemoryActions implements Actions {
  private readonly items = new Map<string, Stored>();

  async create(request: ActionItem["request"]): Promise<ActionItem | undefined> {
    const present = this.items.get(request.id);
    if (present) return structuredClone(present);
    const counts = { matched: 0, done: 0, skipped: 0, failed: 0 };
    const state = request.dryRun ? "counting" : "running";
    this.items.set(request.id, { ...structuredClone({ request, counts, state } as const), leaseUntil: 0 });
    return undefined;
  }

  async read(id: string): Promise<ActionItem | undefined> {
    // As DynamoDB, of range keys.
    if (Buffer.byteLength(id) > 1_024) throw new Error("Size of rangekey has exceeded the maximum size limit of 1024");
    return structuredClone(this.items.get(id));
  }

  async list(tenant?: string): Promise<ActionItem[]> {
    return [...this.items.values()].filter(({ request }) => !tenant || request.tenant === tenant).reverse();
  }

  async take(id: string, run: string, now: number): Promise<ActionItem | undefined> {
    const item = this.items.get(id);
    if (!item || !goesOn(item.state) || item.leaseUntil > now) return undefined;
    Object.assign(item, { run, leaseUntil: now + leaseMilliseconds });
    return structuredClone(item);
  }

  async report(...[id, run, { finishedAt, ...progress }]: Parameters<Actions["report"]>) {
    const item = this.items.get(id);
    if (item?.run !== run) return undefined;
    Object.assign(item, { page: undefined, ...structuredClone(progress) });
    if (finishedAt !== undefined && goesOn(item.state)) Object.assign(item, { state: "done", finishedAt });
    return item.state;
  }

  async stop(id: string, finishedAt: string): Promise<ActionItem | undefined> {
    const item = this.items.get(id);
    if (item && goesOn(item.state)) Object.assign(item, { state: "stopped", finishedAt });
    return structuredClone(item);
  }
}
