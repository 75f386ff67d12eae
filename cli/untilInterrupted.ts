import { CommandError, exitCodes } from "./exitCodes";

/** Runs an action that Ctrl-C ends in an orderly way. */
export async function untilInterrupted<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupt = new AbortController();
  const onSignal = () => interrupt.abort(new CommandError("Stopped", exitCodes.interrupted));
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
