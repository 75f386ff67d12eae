import { signal } from "@preact/signals";
import type { Job } from "../../contract/http/answers";
import { api } from "../api/page";
import { linkTo } from "../filters";
import { ask } from "./acts";

/** Asks for a payload, and submits a job like this one with it. */
export function replay({ id, type, ...job }: Job, done: (id: string) => void): void {
  const hasPayload = "payload" in job;
  const given = JSON.stringify(job.payload, null, 2) ?? "";
  const text = signal(given);
  const key = crypto.randomUUID();
  ask({
    title: "Replay 1 job?",
    text: (
      <>
        <p>
          A new job of the type {type} is submitted, like {id}.
        </p>
        <label class="field">
          Payload
          {!hasPayload && <span class="muted">It is not kept: give another one</span>}
          <textarea
            rows={12}
            spellcheck={false}
            defaultValue={given}
            onInput={(event) => {
              text.value = event.currentTarget.value;
            }}
          />
        </label>
      </>
    ),
    verb: "Replay 1 job",
    run: async () => {
      const isSame = text.value === given;
      const body = isSame ? undefined : { payload: JSON.parse(text.value) as unknown };
      // Another payload under the same key would be a conflict.
      const made = await api.call("replayJob", { parameter: id, body, key: isSame ? key : crypto.randomUUID() });
      done(made.id);
      return (
        <>
          Submitted <a href={linkTo("jobs", made.id)}>{made.id}</a>
        </>
      );
    },
  });
}
