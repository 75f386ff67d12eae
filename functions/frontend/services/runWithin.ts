import { createContext, Script } from "node:vm";
import type { RunWithin } from "../../../contract/schema/schemaCheck";

/**
 * Runs tasks under Node's time limit for scripts, the only way to end a running regular expression. It costs some
 * 0.2 ms a task. The only script is the one below, and the task is an ordinary function.
 */
export function createRunWithin(): RunWithin {
  let started: { globals: { task?: () => void }; run: (milliseconds: number) => void } | undefined;

  function start() {
    const globals: { task?: () => void } = {};
    const context = createContext(globals);
    const script = new Script("task()");
    return { globals, run: (timeout: number) => void script.runInContext(context, { timeout }) };
  }

  return function runWithin(milliseconds, task) {
    const { globals, run } = (started ??= start());
    globals.task = task;
    try {
      run(milliseconds);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return false;
      throw error;
    } finally {
      delete globals.task;
    }
  };
}
