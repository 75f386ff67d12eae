import { type Job, type ValueUrl } from "../../contract/http/answers";
import { isFinal, type JobError } from "../../contract/records/record";
import type { Waiting } from "../../contract/records/waiting";
import { api, isLocal, useLive } from "../api/page";
import { linkTo } from "../filters";
import { quoted, size } from "../format";
import { Ago, At, second, Took } from "../parts/clock";
import { Copy, Line } from "../parts/copy";
import { Json } from "../parts/json";
import { Logs } from "../parts/logs";
import { Facts, Section, Shown } from "../parts/shown";
import { State } from "../parts/state";
import { eventsOf, spansOf } from "../timeline";
import { JobActs } from "./jobActs";

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
  const { waiting, progress, error } = job;
  return (
    <>
      <Title job={job} isRead={isRead} />
      <Lead job={job} />
      {waiting && <WhyItWaits waiting={waiting} />}
      {progress && <Progress progress={progress} />}
      {error && <Failure error={error} />}
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
      <About job={job} />
      <Section title="Log">
        <Logs key={job.retriedAt ?? ""} id={job.id} />
      </Section>
      <Section title="In a terminal">
        {linesOf(job).map((line) => (
          <Line key={line} text={line} />
        ))}
      </Section>
    </>
  );
}

function Title({ job, isRead }: { job: Job; isRead: boolean }) {
  const { id, type } = job;
  return (
    <div class="title">
      <div>
        <p class="above">
          <a href={linkTo("jobs", "", { type })}>{type}</a>
        </p>
        <h1 class="id">
          {id} <Copy text={id} label="Copy the job's id" />
        </h1>
      </div>
      <JobActs job={job} isRead={isRead} />
    </div>
  );
}

/** The state, and in figures what came of it so far. */
function Lead({ job: { state, startedAt, finishedAt, usage, cancelRequestedAt } }: { job: Job }) {
  return (
    <div class="lead">
      <State state={state} />
      {state === "running" && startedAt && (
        <span>
          for <Took from={startedAt} />
        </span>
      )}
      {finishedAt && startedAt && (
        <span>
          after <Took from={startedAt} to={finishedAt} />, <Ago at={finishedAt} />
        </span>
      )}
      {usage && (
        <span>
          used {+usage.seconds.toPrecision(4)} s of an instance
          {usage.dollars !== undefined && `, $${+usage.dollars.toPrecision(4)}`}
        </span>
      )}
      {cancelRequestedAt && !finishedAt && <span>is asked to stop</span>}
    </div>
  );
}

function WhyItWaits({ waiting: { reason, detail, until, asOf } }: { waiting: Waiting }) {
  return (
    <div class="notice" role="note">
      <strong>{reason === "unknown" ? "It waits" : `It waits: ${reason}`}</strong>
      <p>{detail}</p>
      <p class="muted">
        {until && (
          <>
            until <At at={until} />,{" "}
          </>
        )}
        as of <At at={asOf} />
      </p>
    </div>
  );
}

function Progress({ progress: { fraction, note } }: { progress: NonNullable<Job["progress"]> }) {
  return (
    <div class="progress">
      <progress max={1} value={fraction} aria-label="Progress" />
      <span class="figure">{Math.round(fraction * 100)} %</span>
      <span>{note}</span>
    </div>
  );
}

function Failure({ error: { name, code, message, frames = [] } }: { error: JobError }) {
  return (
    <div class="error" role="note" aria-label="Error">
      <strong>
        {name}
        {code && ` (${code})`}
      </strong>
      <p>{message}</p>
      {frames.length > 0 && (
        <ol>
          {frames.map((frame) => (
            <li>
              <code>{frame}</code>
            </li>
          ))}
        </ol>
      )}
    </div>
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

function About({ job: { tenant, labels = {}, attempts, submittedBy, replayOf, unreadable } }: { job: Job }) {
  const words = Object.entries(labels).map(([name, value]) => `${name}:${value}`);
  const links = words.map((label) => (
    <a class="label" href={linkTo("jobs", "", { label })}>
      {label}
    </a>
  ));
  return (
    <Section title="About it">
      <Facts
        of={[
          ["Tenant", tenant && <a href={linkTo("jobs", "", { tenant })}>{tenant}</a>],
          ["Labels", links.length > 0 && links],
          ["Attempts", attempts],
          ["Submitted by", submittedBy],
          ["Replay of", replayOf && <a href={linkTo("jobs", replayOf)}>{replayOf}</a>],
          ["Unreadable", unreadable?.join(", ")],
        ]}
      />
    </Section>
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
