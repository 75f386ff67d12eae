import { type Job, type ValueUrl } from "../../contract/http/answers";
import { isFinal } from "../../contract/records/record";
import { api, isLocal, useLive } from "../api/page";
import { linkTo } from "../filters";
import { quoted, size } from "../format";
import { ActButton, ask } from "../parts/acts";
import { Ago, At, second, Took } from "../parts/clock";
import { Copy, Line } from "../parts/copy";
import { Json } from "../parts/json";
import { Logs } from "../parts/logs";
import { replay } from "../parts/replay";
import { Facts, Section, Shown } from "../parts/shown";
import { State } from "../parts/state";
import { eventsOf, spansOf } from "../timeline";

/** One job: what it is, what becomes of it, and the acts on it. */
export function JobPage({ id }: { id: string }) {
  const live = useLive("getJob", { parameter: id, query: { payload: "false" } });
  const whole = useLive("getJob", { parameter: id }, payloadPause).value.value;
  return (
    <Shown live={live} title={id}>
      {(job) => <Whole job={withPayload(job, whole)} isRead={whole !== undefined} />}
    </Shown>
  );
}

/** A payload never changes, and is read by the kilobyte; a URL of one in S3 works for 15 minutes. */
const payloadPause = 600_000;

function withPayload(job: Job, whole: Job | undefined): Job {
  if (!whole || job.dataRemovedAt) return job;
  const { payloadRef } = whole;
  return { ...job, ...("payload" in whole && { payload: whole.payload }), ...(payloadRef && { payloadRef }) };
}

function Whole({ job, isRead }: { job: Job; isRead: boolean }) {
  const { id, type, state, error, progress, waiting } = job;
  const words = Object.entries(job.labels ?? {}).map(([name, value]) => `${name}:${value}`);
  return (
    <>
      <div class="title">
        <div>
          <p class="above">
            <a href={linkTo("jobs", "", { type })}>{type}</a>
          </p>
          <h1 class="id">
            {id} <Copy text={id} label="Copy the job's id" />
          </h1>
        </div>
        <Acts job={job} isRead={isRead} />
      </div>
      <div class="lead">
        <State state={state} />
        {state === "running" && job.startedAt && (
          <span>
            for <Took from={job.startedAt} />
          </span>
        )}
        {job.finishedAt && job.startedAt && (
          <span>
            after <Took from={job.startedAt} to={job.finishedAt} />, <Ago at={job.finishedAt} />
          </span>
        )}
        {job.usage && (
          <span>
            used {+job.usage.seconds.toPrecision(4)} s of an instance
            {job.usage.dollars !== undefined && `, $${+job.usage.dollars.toPrecision(4)}`}
          </span>
        )}
        {job.cancelRequestedAt && !job.finishedAt && <span>is asked to stop</span>}
      </div>
      {waiting && (
        <div class="notice" role="note">
          <strong>{waiting.reason === "unknown" ? "It waits" : `It waits: ${waiting.reason}`}</strong>
          <p>{waiting.detail}</p>
          <p class="muted">
            {waiting.until && (
              <>
                until <At at={waiting.until} />,{" "}
              </>
            )}
            as of <At at={waiting.asOf} />
          </p>
        </div>
      )}
      {progress && (
        <div class="progress">
          <progress max={1} value={progress.fraction} aria-label="Progress" />
          <span class="figure">{Math.round(progress.fraction * 100)} %</span>
          <span>{progress.note}</span>
        </div>
      )}
      {error && (
        <div class="error" role="note" aria-label="Error">
          <strong>
            {error.name}
            {error.code && ` (${error.code})`}
          </strong>
          <p>{error.message}</p>
          {error.frames && error.frames.length > 0 && (
            <ol>
              {error.frames.map((frame) => (
                <li>
                  <code>{frame}</code>
                </li>
              ))}
            </ol>
          )}
        </div>
      )}
      <Section title="Timeline">
        <Timeline job={job} />
      </Section>
      <div class="columns">
        <Section title="Payload">
          <Payload job={job} isRead={isRead} />
        </Section>
        <Section title="Result">
          <Result job={job} />
        </Section>
      </div>
      <Section title="About it">
        <Facts
          of={[
            ["Tenant", job.tenant && <a href={linkTo("jobs", "", { tenant: job.tenant })}>{job.tenant}</a>],
            [
              "Labels",
              words.length > 0 &&
                words.map((label) => (
                  <a class="label" href={linkTo("jobs", "", { label })}>
                    {label}
                  </a>
                )),
            ],
            ["Attempts", job.attempts],
            ["Submitted by", job.submittedBy],
            ["Replay of", job.replayOf && <a href={linkTo("jobs", job.replayOf)}>{job.replayOf}</a>],
            ["Unreadable", job.unreadable?.join(", ")],
          ]}
        />
      </Section>
      <Section title="Log">
        <Logs key={job.retriedAt ?? ""} id={id} />
      </Section>
      <Section title="In a terminal">
        {linesOf(job).map((line) => (
          <Line key={line} text={line} />
        ))}
      </Section>
    </>
  );
}

function Payload({ job, isRead }: { job: Job; isRead: boolean }) {
  if ("payload" in job) return <Json value={job.payload} label="payload" />;
  if (job.payloadRef) return <InS3 value={job.payloadRef} label="payload" />;
  return <p class="muted">{isRead ? "Not kept" : "Reading it …"}</p>;
}

/** A value in S3: its size and digest, and a link for the browser to download it by. */
function InS3({ value: { url, bytes, sha256 }, label }: { value: ValueUrl; label: string }) {
  return (
    <>
      <p>
        {size(bytes)} in S3: <a href={url}>Download the {label}</a>
      </p>
      <p class="muted digest">SHA-256 {sha256}</p>
    </>
  );
}

function Result({ job: { result, resultRef, resultOmitted, state } }: { job: Job }) {
  if (result !== undefined) return <Json value={result} label="result" />;
  if (resultRef) return <InS3 value={resultRef} label="result" />;
  if (!resultOmitted) return <p class="muted">{isFinal(state) ? "None" : "None yet"}</p>;
  return (
    <p>
      {resultOmitted.reason} ({size(resultOmitted.bytes)})
    </p>
  );
}

function Timeline({ job }: { job: Job }) {
  const now = isFinal(job.state) ? Date.now() : second.value;
  const spans = spansOf(job, now);
  const whole = spans.reduce((sum, { from, to }) => sum + to - from, 0) || 1;
  return (
    <>
      <div class="spans" aria-hidden="true">
        {spans.map(({ kind, from, to, label }) => (
          <span
            class={kind}
            style={{ flexGrow: Math.max((to - from) / whole, 0.004) }}
            title={`${label}: ${new Date(from).toISOString()} – ${new Date(to).toISOString()}`}
          />
        ))}
      </div>
      <ol class="events">
        {eventsOf(job).map(({ at, text, tone = "" }) => (
          <li class={tone}>
            <At at={at} />
            <span>{text}</span>
          </li>
        ))}
      </ol>
    </>
  );
}

function Acts({ job, isRead }: { job: Job; isRead: boolean }) {
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

/** The same by the command line and, where the API takes unsigned calls, by curl. */
function linesOf({ id, state }: Job): string[] {
  const name = id.startsWith("-") ? `-- ${id}` : id;
  const act = state === "failed" || state === "cancelled" ? "retry" : isFinal(state) ? "replay" : "cancel";
  return [
    `batch-jobs status ${name}`,
    `batch-jobs logs ${name}`,
    `batch-jobs ${act} ${name}`,
    ...(isLocal ? [`curl -s ${quoted(`${api.base}jobs/${id}`)}`] : []),
  ];
}
