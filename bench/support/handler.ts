import { doWork, Work } from "./work";

/** The worker's side: a handler module, run in the worker's threads. */
export default function handle({ payload }: { payload: Work }): Promise<void> {
  return doWork(payload);
}
