import { Component, createRef } from "preact";
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

/** Jobs as rows, which are made as they come into view. */
export function JobTable({ pages, gone = none, label, selecting }: TableProps) {
  const rows = pages.reduce((sum, jobs) => sum + jobs.length, 0);
  return (
    <div class={selecting ? "jobs selecting" : "jobs"} role="table" aria-label={label} aria-rowcount={rows + 1}>
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
      {pages.flatMap(partsIn).map((jobs) => (
        <Part key={jobs[0]!.id} jobs={jobs} gone={gone} {...(selecting && { selecting })} />
      ))}
    </div>
  );
}

/** Pages in parts, each the same array as long as its page is: parts without changes aren't made again. */
const partsOf = new WeakMap<readonly Job[], readonly Job[][]>();
const rowsOfPart = 10;
const rowPixels = 37;
/** Distance from the view, in pixels, within which rows are made. */
const nearPixels = 400;

function partsIn(jobs: readonly Job[]): readonly Job[][] {
  const known = partsOf.get(jobs);
  if (known) return known;
  const count = Math.ceil(jobs.length / rowsOfPart);
  const parts = Array.from({ length: count }, (_, at) => jobs.slice(at * rowsOfPart, (at + 1) * rowsOfPart));
  partsOf.set(jobs, parts);
  return parts;
}

interface PartProps {
  jobs: readonly Job[];
  gone: ReadonlySet<string>;
  selecting?: Selecting;
}

/** Some rows. Far from the view they are an empty space of the same height: there may be thousands. */
class Part extends Component<PartProps, { isNear: boolean }> {
  override state = { isNear: false };
  private readonly element = createRef<HTMLDivElement>();
  private observer?: IntersectionObserver;
  private height = this.props.jobs.length * rowPixels;

  override componentDidMount(): void {
    const look = (entries: IntersectionObserverEntry[]) => {
      // Several changes may come at once, the last one last.
      const { boundingClientRect, isIntersecting } = entries.at(-1)!;
      // As it was laid out last: to ask the element would lay out the page again for each part.
      if (this.state.isNear) this.height = boundingClientRect.height;
      this.setState({ isNear: isIntersecting });
    };
    this.observer = new IntersectionObserver(look, { rootMargin: `${nearPixels}px` });
    this.observer.observe(this.element.current!);
  }

  override componentWillUnmount(): void {
    this.observer?.disconnect();
  }

  override shouldComponentUpdate({ jobs, gone, selecting }: PartProps, { isNear }: { isNear: boolean }): boolean {
    const { props, state } = this;
    if (isNear !== state.isNear) return true;
    return isNear && (jobs !== props.jobs || gone !== props.gone || selecting !== props.selecting);
  }

  override render({ jobs, gone, selecting }: PartProps, { isNear }: { isNear: boolean }) {
    return (
      <div ref={this.element} role="rowgroup" style={{ height: isNear ? "" : `${this.height}px` }}>
        {isNear &&
          jobs.map((job) => <Row key={job.id} job={job} isGone={gone.has(job.id)} {...(selecting && { selecting })} />)}
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
  if (waiting) return waiting.detail;
  if (state === "running" && cancelRequestedAt) return "is asked to stop";
  if (state === "running" && progress) return `${Math.round(progress.fraction * 100)} % ${progress.note ?? ""}`;
  return "";
}
