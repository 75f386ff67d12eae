import type { Job } from "../../contract/http/answers";
import { isFinal } from "../../contract/records/record";
import { api } from "../api/page";
import { linkTo } from "../filters";
import { ActButton, ask } from "../parts/acts";
import { replay } from "../parts/replay";

/** The acts on a job, as far as its state allows them. */
export function JobActs({ job, isRead }: { job: Job; isRead: boolean }) {
  const { id, type, state } = job;
  const retry = () =>
    ask({
      title: "Retry 1 job?",
      text: <p>{id} runs again under its id; its attempts count from zero.</p>,
      verb: "Retry 1 job",
      run: async (keyOf) => {
        await api.call("retryJob", { parameter: id, key: keyOf() });
        return `${id} is queued again`;
      },
    });
  const cancel = () =>
    ask({
      title: "Cancel 1 job?",
      text: <p>{state === "running" ? `The worker of ${id} is asked to stop it.` : `${id} never runs then.`}</p>,
      verb: "Cancel 1 job",
      isDangerous: true,
      run: async () => {
        const { state: now } = await api.call("cancelJob", { parameter: id });
        return now === "cancelled" ? `${id} is cancelled` : `${id} is asked to stop`;
      },
    });
  const removeData = () =>
    ask({
      title: "Remove the data of 1 job?",
      text: <p>Payload, result, checkpoint and dead letter of {id} are removed for good. It can't be retried then.</p>,
      verb: "Remove data of 1 job",
      isDangerous: true,
      run: async () => {
        await api.call("removeData", { parameter: id });
        return `The data of ${id} is removed`;
      },
    });
  const hasEnded = isFinal(state);
  return (
    <div class="acts" role="group" aria-label="Acts">
      {(state === "failed" || state === "cancelled") && (
        <ActButton class="primary" onClick={retry}>
          Retry
        </ActButton>
      )}
      <ActButton disabled={!isRead} onClick={() => replay(job)}>
        Replay
      </ActButton>
      {!hasEnded && <ActButton onClick={cancel}>Cancel</ActButton>}
      {hasEnded && !job.dataRemovedAt && <ActButton onClick={removeData}>Remove data</ActButton>}
      <a class="button" href={linkTo("types", type)}>
        Type
      </a>
    </div>
  );
}
