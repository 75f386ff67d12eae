import type { Statement } from "./policy";

/** Number of decisions by a statement for an action. */
export interface Use {
  statement: Statement;
  action: string;
  count: number;
}

/** Statements that have allowed something so far: one that never does is superfluous. */
export class Usage {
  private readonly uses = new Map<string, Use>();

  add(statement: Statement, action: string): void {
    const key = `${statement.owner} ${statement.policy} ${statement.sid} ${action}`;
    const use = this.uses.get(key);
    if (use) use.count++;
    else this.uses.set(key, { statement, action, count: 1 });
  }

  list(): Use[] {
    return [...this.uses.values()];
  }
}
