import { errorFields, type Log } from "../../contract/log";

/** Collects a run's failures per type, so that one type can't block the others. */
export interface Failures {
  /** Resolves to undefined if the action failed. */
  attempt<T>(type: string, action: () => Promise<T>): Promise<T | undefined>;
  /** Logs the failures since the last call: one line for each error, however many types it affected. */
  report(): void;
  /** Throws if anything has failed. */
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
      for (const [error, types] of unreported)
        log("error", "types-not-scaled", { jobTypes: types, ...errorFields(error) });
      unreported = new Map();
    },
    rethrow() {
      if (errors.length > 0) throw new Error("A part of the scaler's run failed", { cause: errors[0] });
    },
  };
}
