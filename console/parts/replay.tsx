import { signal } from "@preact/signals";
import type { Job } from "../../contract/http/answers";
import { api } from "../api/page";
import { linkTo } from "../filters";
import { parsePayload } from "../form";
import { ask } from "./acts";

/** Asks for a payload, and submits a job like this one with it. */
export function replay({ id, type, ...job }: Job): void {
  const hasPayload = "payload" in job;
  const given = JSON.stringify(job.payload, null, 2) ?? "";
  const text = signal(given);
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
    run: async (keyOf, follow) => {
      const body = text.value === given ? undefined : { payload: parsePayload(text.value) };
      const made = await api.call("replayJob", { parameter: id, body, key: keyOf(body) });
      follow(linkTo("jobs", made.id));
      return (
        <>
          Submitted <a href={linkTo("jobs", made.id)}>{made.id}</a>
        </>
      );
    },
  });
}
