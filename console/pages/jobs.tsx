import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { actionStates, type ActionVerb } from "../../contract/http/jobFilter";
import { type JobState, jobStates } from "../../contract/records/record";
import { api, isLocal, useLive, useTypeNames } from "../api/page";
import { filterNames, type Filters, filtersOf, linkTo } from "../filters";
import { capitalised, fieldTime, grouped, timeOfField } from "../format";
import { type JobList, listOf, refreshed, withMore, withNewest } from "../jobList";
import { goTo, place } from "../navigation";
import { listPause } from "../pace";
import { ActButton, say } from "../parts/acts";
import { actOnMany, type Chosen } from "../parts/bulk";
import { Choice } from "../parts/choice";
import { At } from "../parts/clock";
import { JobTable } from "../parts/jobTable";
import { Shown } from "../parts/shown";

/** Rows that are kept up to date, and rows of each further page. */
const liveRows = 25;
const rowsOfPage = 100;

/** Jobs by the filters in the address, newest first. */
export function JobsPage() {
  const filters = filtersOf(place.value.query);
  return (
    <>
      <div class="title">
        <h1>Jobs</h1>
      </div>
      <FilterBar filters={filters} />
      <List key={JSON.stringify(filters)} filters={filters} />
    </>
  );
}

function List({ filters }: { filters: Filters }) {
  const pause = listPause(filters, useTypeNames().length);
  const live = useLive("listJobs", { query: { ...filters, limit: liveRows } }, isLocal ? 0 : pause);
  const newest = live.value.value;
  const [list, setList] = useState<JobList>();
  const [loadedAt, setLoadedAt] = useState<number>();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const toggle = (id: string) =>
    setSelected((before) => new Set(before.has(id) ? [...before].filter((each) => each !== id) : [...before, id]));
  const selecting = useMemo(() => ({ selected, toggle }), [selected]);
  useEffect(() => {
    if (newest) setList((before) => (before ? refreshed(before, newest) : listOf(newest)));
  }, [newest]);
  const loadMore = async () => {
    if (!list?.cursor) return;
    const page = await api.call("listJobs", { query: { ...filters, limit: rowsOfPage, cursor: list.cursor } });
    setLoadedAt(Date.now());
    setList((before) => before && withMore(before, page));
  };
  return (
    <Shown live={live}>
      {(page) => {
        const { pages, newer, gone, cursor } = list ?? listOf(page);
        const shown = pages.reduce((sum, jobs) => sum + jobs.length, 0);
        if (shown === 0 && newer === 0 && cursor === undefined) return <Nothing filters={filters} />;
        return (
          <>
            <div class="newer" role="status">
              {newer > 0 && (
                <button type="button" onClick={() => list && setList(withNewest(list, page))}>
                  {newer === liveRows ? `${newer} or more` : newer} newer
                </button>
              )}
            </div>
            <Many filters={filters} selected={selected} clear={() => setSelected(new Set())} />
            <JobTable pages={pages} gone={gone} label="Jobs, newest first" selecting={selecting} />
            <p class="end">
              {grouped(shown)} shown
              {loadedAt !== undefined && (
                <>
                  ; the first {liveRows} are live, the others as of <At at={loadedAt} />
                </>
              )}
              {cursor === undefined && shown > 0 && "; no older ones"}
            </p>
            {cursor !== undefined && <More load={loadMore} />}
          </>
        );
      }}
    </Shown>
  );
}

const verbs = Object.keys(actionStates) as ActionVerb[];

/** Acts on the jobs that are selected or, if there are none, on all that the filters select. */
function Many(props: { filters: Filters; selected: ReadonlySet<string>; clear: () => void }) {
  const { filters, selected, clear } = props;
  const { type, ...rest } = filters;
  const state = filters.state as JobState | undefined;
  const ids = [...selected];
  // An action is for jobs of one type, in states that it can be for.
  const isFilter = type !== undefined && ids.length === 0;
  const possible = verbs.filter((verb) => !isFilter || state === undefined || actionStates[verb].includes(state));
  if (ids.length === 0 && !isFilter) {
    return <p class="bulk">Select jobs to act on, or choose a type to act on all that match.</p>;
  }
  const chosen: Chosen = isFilter ? { filter: { type, ...rest } } : { ids };
  return (
    <div class="bulk" role="group" aria-label="Acts on many jobs">
      {isFilter ? "All that match:" : `${grouped(ids.length)} selected:`}
      {possible.map((verb) => (
        <ActButton onClick={() => actOnMany(verb, chosen)}>{capitalised(verb)}</ActButton>
      ))}
      {!isFilter && (
        <button type="button" class="quiet" onClick={clear}>
          Select none
        </button>
      )}
    </div>
  );
}

/** Loads more when it is pressed, and when it comes into view. */
function More({ load }: { load: () => Promise<void> }) {
  const button = useRef<HTMLButtonElement>(null);
  const [isLoading, setLoading] = useState(false);
  const [loads, setLoads] = useState(0);
  const isRunning = useRef(false);
  const latest = useRef(load);
  latest.current = load;
  const run = async () => {
    if (isRunning.current) return;
    isRunning.current = true;
    setLoading(true);
    await latest.current().then(
      () => setLoads((before) => before + 1),
      (error: Error) => say(error.message, true),
    );
    isRunning.current = false;
    setLoading(false);
  };
  useEffect(() => {
    // Begun again after each page: what is still in view then is seen again. After a failure the person presses.
    const observer = new IntersectionObserver((entries) => entries.at(-1)!.isIntersecting && void run(), {
      rootMargin: "400px",
    });
    observer.observe(button.current!);
    return () => observer.disconnect();
  }, [loads]);
  return (
    <button type="button" ref={button} class="more" disabled={isLoading} onClick={() => void run()}>
      {isLoading ? "Loading …" : "Load more"}
    </button>
  );
}

function Nothing({ filters }: { filters: Filters }) {
  const isFiltered = Object.keys(filters).length > 0;
  return (
    <div class="empty">
      <p>{isFiltered ? "No job fits these filters." : "There are no jobs yet."}</p>
      <p>
        {isFiltered ? <a href={linkTo("jobs")}>Show all jobs</a> : <a href={linkTo("")}>Choose a type to submit one</a>}
      </p>
    </div>
  );
}

function FilterBar({ filters }: { filters: Filters }) {
  const choices: Record<string, readonly string[]> = { type: useTypeNames(), state: jobStates };
  const set = (name: string, value: string) => goTo(linkTo("jobs", "", { ...filters, [name]: value }), true);
  return (
    <form class="filters" role="search" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
      {filterNames.map((name) => {
        const value = filters[name] ?? "";
        const isTime = name === "from" || name === "to";
        const change = (event: Event) => {
          const given = (event.currentTarget as HTMLInputElement).value;
          set(name, isTime ? timeOfField(given) : given);
        };
        return (
          <label key={name}>
            {capitalised(name)}
            {isTime ? (
              <input type="datetime-local" value={fieldTime(value)} onChange={change} />
            ) : choices[name] ? (
              <Choice {...{ value, of: choices[name], hasAny: true }} onChoose={(chosen) => set(name, chosen)} />
            ) : (
              <input value={value} placeholder={name === "label" ? "name:value" : "any"} onChange={change} />
            )}
          </label>
        );
      })}
      {Object.keys(filters).length > 0 && (
        <a class="button" href={linkTo("jobs")}>
          Clear
        </a>
      )}
    </form>
  );
}
