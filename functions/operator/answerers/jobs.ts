import { problemOf } from "../../../contract/http/problem";
import { idPattern } from "../../../contract/limits";
import { isFinal } from "../../../contract/records/record";
import { recordAsRead } from "../../../contract/records/recordAsRead";
import { jobNotFound } from "../../frontend/jobNotFound";
import { jobView } from "../../frontend/jobView";
import { fleetsIfReadable, type ReadFleets } from "../../frontend/services/fleets";
import { waitingOf } from "../../frontend/waiting";
import { answer, answerEach, refuse } from "../../shared/httpAnswer";
import type { OperatorCall } from "../../shared/operatorCall";
import { type RetryEffects, retryJobs } from "../actions/retryJobs";
import type { EndedPayloads } from "../effects";
import type { RemoveData } from "../services/removeData";
import type { Answerers } from "./answerer";

export type JobEffects = Omit<RetryEffects, "records"> & {
  /** Undefined if jobs are not tracked. */
  records: RetryEffects["records"] | undefined;
  payloads: EndedPayloads;
  readFleets: ReadFleets;
  removeData: RemoveData;
};

export function createJobAnswerers(effects: JobEffects): Answerers<"retryJob" | "retryJobs" | "removeData"> {
  const { payloads, actOnLarge, removeData, redrive, now } = effects;
  const readFleets = fleetsIfReadable(effects.readFleets, effects.log);

  /** The records as the caller may see them. */
  const recordsFor = ({ caller: { tenant } }: OperatorCall): RetryEffects["records"] => ({
    ...effects.records!,
    read: async (id) =>
      [await effects.records!.read(id)].find((record) => tenant === undefined || record?.tenant === tenant),
  });

  return {
    async retryJob(call) {
      const { delaySeconds } = call.body as { delaySeconds?: number };
      const { by, key } = call.caller;
      const needed = { ...effects, records: recordsFor(call) };
      const [outcome] = await retryJobs(needed, [call.parameter], { delaySeconds, by, key });
      if ("problem" in outcome!) return refuse(outcome.problem);
      const { record } = outcome!;
      const fleets = await readFleets([record.type]);
      return answer(202, jobView(record, waitingOf(record, fleets[record.type], now())));
    },

    async retryJobs(call) {
      const { ids, delaySeconds } = call.body as { ids: string[]; delaySeconds?: number };
      const { by, key } = call.caller;
      const how = { delaySeconds, by, key, needsLetters: true };
      return answerEach(await retryJobs({ ...effects, records: recordsFor(call) }, [...new Set(ids)], how));
    },

    async removeData(call) {
      const id = call.parameter;
      const record = idPattern.test(id) ? await recordsFor(call).read(id) : undefined;
      if (!record) return refuse(jobNotFound(id));
      const { type, state } = recordAsRead(record, now());
      const notEnded = () => refuse(problemOf("job-not-ended", `Job ${id} is ${state}: its data is in use`));
      if (!isFinal(state)) return notEnded();
      const { [id]: letter } = await redrive({ type, ids: [id], delaySeconds: 0, isDiscarded: true });
      if (letter === "held") {
        return refuse(problemOf("unavailable", `The dead letter of job ${id} was out of reach; try again`));
      }
      await Promise.all([payloads.remove(record), actOnLarge("remove", { type, id })]);
      const written = await removeData(record, now(), call.caller.by);
      return written ? answer(200, jobView(written)) : notEnded();
    },
  };
}
