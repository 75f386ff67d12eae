import { doWork, type Work } from "./work";

/** The worker's side: a handler module, run in processes of the worker. */
export default function handle({ payload }: { payload: Work }): Promise<void> {
  return doWork(payload);
}
