import type { JobType } from "../../contract/http/answers";
import { api, useLive } from "../api/page";
import { linkTo } from "../filters";
import { duration } from "../format";
import { ask } from "../parts/acts";
import { Json } from "../parts/json";
import { Facts, Section, Shown } from "../parts/shown";
import { Submit } from "../parts/submit";

/** A job type: its fleet, its settings, and a form to submit a job. */
export function TypePage({ type: name }: { type: string }) {
  const live = useLive("listTypes");
  return (
    <Shown live={live}>
      {({ types }) => {
        const type = types.find((each) => each.type === name);
        return type ? <Whole type={type} /> : <Missing name={name} />;
      }}
    </Shown>
  );
}

function Missing({ name }: { name: string }) {
  return (
    <div class="empty">
      <h1>There is no type {name}</h1>
      <p>
        <a href={linkTo("")}>All types</a>
      </p>
    </div>
  );
}

function Whole({ type }: { type: JobType }) {
  const { type: name, description, launchProblem, payloadSchema, timeoutSeconds, maxAttempts, machineImage } = type;
  return (
    <>
      <div class="title">
        <div>
          <p class="above">Type</p>
          <h1>{name}</h1>
          {description && <p class="muted">{description}</p>}
        </div>
        <div class="acts" role="group" aria-label="Acts">
          <a class="button" href={linkTo("jobs", "", { type: name })}>
            Its jobs
          </a>
        </div>
      </div>
      {launchProblem && (
        <div class="error" role="note" aria-label="Launch problem">
          <strong>No worker starts</strong>
          <p>{launchProblem}</p>
          <button type="button" class="primary" onClick={() => retryLaunches(name)}>
            Retry launches
          </button>
        </div>
      )}
      <Section title="Submit a job">
        <Submit key={name} type={name} schema={payloadSchema} />
      </Section>
      <Section title="Settings">
        <Facts
          of={[
            ["Timeout of an attempt", duration(timeoutSeconds * 1_000)],
            ["Attempts", maxAttempts],
            ["Machine image", machineImage?.id],
          ]}
        />
      </Section>
      {payloadSchema !== undefined && (
        <Section title="Schema of payloads">
          <Json value={payloadSchema} label="schema" />
        </Section>
      )}
    </>
  );
}

function retryLaunches(name: string): void {
  ask({
    title: `Retry launches of ${name}?`,
    text: <p>Instances are launched now, whatever the scaler waits for, and failures count from zero.</p>,
    verb: "Retry launches of 1 type",
    run: async () => {
      await api.call("retryLaunches", { parameter: name });
      return `Instances of ${name} are launched as far as jobs wait for them`;
    },
  });
}
