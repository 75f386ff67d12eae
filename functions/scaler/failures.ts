import { describeError, type Log } from "../shared/log";

/** Failures of a run, type by type: none keeps the others from being served. */
export interface Failures {
  /** Resolves to nothing where the action failed. */
  attempt<T>(type: string, action: () => Promise<T>): Promise<T | undefined>;
  /** Writes what failed since the last time: one line for each error, however many types it met. */
  report(): void;
  /** Throws where anything has failed. */
  rethrow(): void;
}

export function createFailures(log: Log): Failures {
  const errors: unknown[] = [];
  let unreported = new Map<unknown, string[]>();
  return {
    async attempt(type, action) {
      try {
        return await action();
      } catch (error) {
        errors.push(error);
        unreported.set(error, [...(unreported.get(error) ?? []), type]);
        return undefined;
      }
    },
    report() {
      for (const [error, types] of unreported) log("error", "types not scaled", { types, error: describeError(error) });
      unreported = new Map();
    },
    rethrow() {
      if (errors.length > 0) throw new Error("A part of the scaler's run failed", { cause: errors[0] });
    },
  };
}
