import type { JobType } from "../../contract/http/answers";
import { api, useLive } from "../api/page";
import { linkTo } from "../filters";
import { duration } from "../format";
import { ActButton, ask } from "../parts/acts";
import { At } from "../parts/clock";
import { History } from "../parts/history";
import { Json } from "../parts/json";
import { Facts, Section, Shown } from "../parts/shown";
import { Submit } from "../parts/submit";
import { scheduleWords } from "../schedule";
import { fleetWords } from "./overview";

/** A job type: its fleet, its settings, and a form to submit a job. */
export function TypePage({ type }: { type: string }) {
  const live = useLive("getType", { parameter: type });
  return (
    <Shown live={live} title={type}>
      {(found) => <Whole type={found} />}
    </Shown>
  );
}

function Whole({ type }: { type: JobType }) {
  const { type: name, description, payloadSchema } = type;
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
          <a class="button" href={linkTo("failures", "", { type: name })}>
            Its failures
          </a>
        </div>
      </div>
      <LaunchProblem type={type} />
      <Fleet type={type} />
      <History type={name} />
      <Section title="Submit a job">
        <Submit key={name} type={name} schema={payloadSchema} />
      </Section>
      <Settings type={type} />
      {payloadSchema !== undefined && (
        <Section title="Schema of payloads">
          <Json value={payloadSchema} label="schema" />
        </Section>
      )}
    </>
  );
}

function LaunchProblem({ type: { type, launchProblem, nextLaunchAt } }: { type: JobType }) {
  if (!launchProblem) return null;
  return (
    <div class="error" role="note" aria-label="Launch problem">
      <strong>No worker starts</strong>
      <p>{launchProblem}</p>
      <p class="muted">What to do: docs/operations.md#no-worker-starts</p>
      {nextLaunchAt && (
        <p>
          Next try <At at={nextLaunchAt} />
        </p>
      )}
      <ActButton class="primary" onClick={() => retryLaunches(type)}>
        Retry launches
      </ActButton>
    </div>
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

function Fleet({ type: { counts, instances, slots, oldestSeconds, asOf } }: { type: JobType }) {
  return (
    <Section title="Fleet" aside={asOf && <span class="muted">as of {<At at={asOf} />}</span>}>
      <p>{fleetWords(instances, slots)}</p>
      <Facts
        of={[
          ["Waiting", counts?.waiting],
          ["Running", counts?.running],
          ["Delayed", counts?.delayed],
          ["Dead letters", counts?.deadLetters],
          ["Waiting without a free slot", oldestSeconds !== undefined && duration(oldestSeconds * 1_000)],
          ["Instances wanted", instances?.desired],
        ]}
      />
    </Section>
  );
}

function Settings({ type: { timeoutSeconds, maxAttempts, machineImage, schedules = [] } }: { type: JobType }) {
  const words = schedules.map((each) => `${each.name}: ${scheduleWords(each)} (${each.expression})`);
  return (
    <Section title="Settings">
      <Facts
        of={[
          ["Timeout of an attempt", duration(timeoutSeconds * 1_000)],
          ["Attempts", maxAttempts],
          ["Machine image", machineImage?.id],
          ["Schedules", words.join("; ")],
        ]}
      />
    </Section>
  );
}
