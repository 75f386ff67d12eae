import { CommandError, exitCodes } from "./exitCodes";

/** Runs an action that Ctrl-C ends in an orderly way. `hint`: what to do then. */
export async function untilInterrupted<T>(
  run: (signal: AbortSignal) => Promise<T>,
  problem = "Stopped",
  hint?: string,
): Promise<T> {
  const interrupt = new AbortController();
  const onSignal = () => interrupt.abort(new CommandError(problem, exitCodes.interrupted, hint));
  process.once("SIGINT", onSignal);
  try {
    return await run(interrupt.signal);
  } catch (error) {
    interrupt.signal.throwIfAborted();
    throw error;
  } finally {
    process.off("SIGINT", onSignal);
  }
}
