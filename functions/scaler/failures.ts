import { errorFields, type Log } from "../../contract/log";

/** Collects a run's failures per type, so that one type can't block the others. */
export interface Failures {
  /** Resolves to undefined if the action failed. */
  attempt<T>(type: string, action: () => Promise<T>): Promise<T | undefined>;
  /** Logs the failures, in one line for each error however many types it affected, and throws if there are any. */
  rethrow(): void;
}

export function createFailures(log: Log): Failures {
  const failed = new Map<unknown, string[]>();
  return {
    async attempt(type, action) {
      try {
        return await action();
      } catch (error) {
        failed.set(error, [...(failed.get(error) ?? []), type]);
        return undefined;
      }
    },
    rethrow() {
      for (const [error, types] of failed) log("error", "types-not-scaled", { jobTypes: types, ...errorFields(error) });
      const [first] = failed.keys();
      if (first) throw new Error("A part of the scaler's run failed", { cause: first });
    },
  };
}
