import { Component } from "preact";
import type { Job } from "../../contract/http/answers";
import { linkTo } from "../filters";
import { At, Took } from "./clock";
import { State } from "./state";

export interface Selecting {
  selected: ReadonlySet<string>;
  toggle: (id: string) => void;
}

interface TableProps {
  pages: readonly (readonly Job[])[];
  gone?: ReadonlySet<string>;
  label: string;
  selecting?: Selecting;
}

const none: ReadonlySet<string> = new Set();

/** Jobs as rows, in pages that the browser lays out only when they come into view. */
export function JobTable({ pages, gone = none, label, selecting }: TableProps) {
  return (
    <div class={selecting ? "jobs selecting" : "jobs"} role="table" aria-label={label}>
      <div role="rowgroup">
        <div role="row" class="heads">
          {selecting && (
            <span role="columnheader">
              <span class="hidden">Selected</span>
            </span>
          )}
          {["State", "Job", "Type", "Submitted", "Took", "Note"].map((head) => (
            <span role="columnheader" class={`${head.toLowerCase()}-head`}>
              {head}
            </span>
          ))}
        </div>
      </div>
      {pages.map((jobs, index) => (
        <Page key={jobs[0]?.id ?? index} jobs={jobs} gone={gone} {...(selecting && { selecting })} />
      ))}
    </div>
  );
}

interface PageProps {
  jobs: readonly Job[];
  gone: ReadonlySet<string>;
  selecting?: Selecting;
}

/** A page of rows, which is made again only if it has changed: there may be hundreds. */
class Page extends Component<PageProps> {
  override shouldComponentUpdate({ jobs, gone, selecting }: PageProps): boolean {
    return jobs !== this.props.jobs || gone !== this.props.gone || selecting !== this.props.selecting;
  }

  override render({ jobs, gone, selecting }: PageProps) {
    const style = { containIntrinsicSize: `auto ${jobs.length * 37}px` };
    return (
      <div role="rowgroup" class="page" style={style}>
        {jobs.map((job) => (
          <Row key={job.id} job={job} isGone={gone.has(job.id)} {...(selecting && { selecting })} />
        ))}
      </div>
    );
  }
}

function Row({ job, isGone, selecting }: { job: Job; isGone: boolean; selecting?: Selecting }) {
  const { id, type, state, submittedAt, startedAt, finishedAt } = job;
  return (
    <div role="row" class={isGone ? "job gone" : "job"} title={isGone ? "The filters no longer select it" : undefined}>
      {selecting && (
        <span role="cell" class="select">
          <input
            type="checkbox"
            aria-label={`Select ${id}`}
            checked={selecting.selected.has(id)}
            onChange={() => selecting.toggle(id)}
          />
        </span>
      )}
      <span role="cell" class="state-cell">
        <State state={state} />
      </span>
      <span role="cell" class="id">
        <a href={linkTo("jobs", id)}>{id}</a>
      </span>
      <span role="cell" class="type">
        {type}
      </span>
      <span role="cell" class="figure submitted">
        <At at={submittedAt} />
      </span>
      <span role="cell" class="figure took">
        {startedAt && state !== "queued" ? <Took from={startedAt} to={finishedAt} /> : "–"}
      </span>
      <span role="cell" class="note">
        {noteOf(job)}
      </span>
    </div>
  );
}

/** Reason why it waits or failed, or how far it is. */
export function noteOf({ state, waiting, error, progress, cancelRequestedAt }: Job): string {
  if (state === "failed" && error) return `${error.name}: ${error.message}`;
  if (state === "queued" && waiting) return waiting.detail;
  if (state === "running" && cancelRequestedAt) return "is asked to stop";
  if (state === "running" && progress) return `${Math.round(progress.fraction * 100)} % ${progress.note ?? ""}`;
  return "";
}
