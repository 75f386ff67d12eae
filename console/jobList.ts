import type { Job, JobPage } from "../contract/http/answers";

/**
 * Jobs as they are shown, newest first: rows keep their places until the person asks for others.
 * {@link refreshed} takes in the newest page as it is asked for again and again.
 */
export interface JobList {
  /** As they were loaded. A page that hasn't changed stays the same array. */
  pages: readonly (readonly Job[])[];
  cursor: string | undefined;
  /** Number of jobs that are newer than those shown. */
  newer: number;
  /** Ids of the shown jobs that the filters no longer select. */
  gone: ReadonlySet<string>;
}

export function listOf({ jobs, cursor }: JobPage): JobList {
  return { pages: [jobs], cursor, newer: 0, gone: new Set() };
}

/** The list with the next page at its end. */
export function withMore(list: JobList, { jobs, cursor }: JobPage): JobList {
  const known = new Set(list.pages.flat().map(({ id }) => id));
  return { ...list, pages: [...list.pages, jobs.filter(({ id }) => !known.has(id))], cursor };
}

/** The list with the jobs as the newest page has them, none of them moved. */
export function refreshed(list: JobList, newest: JobPage): JobList {
  const known = new Map(newest.jobs.map((job) => [job.id, job]));
  const shown = new Set<string>();
  const gone = new Set<string>();
  const last = newest.jobs.at(-1)?.submittedAt ?? "";
  const pages = list.pages.map((page) => {
    let isChanged = false;
    const jobs = page.map((job) => {
      shown.add(job.id);
      const now = known.get(job.id);
      // A page with a cursor says nothing of older jobs.
      if (!now && (newest.cursor === undefined || (newest.jobs.length > 0 && job.submittedAt > last))) gone.add(job.id);
      if (!now || JSON.stringify(now) === JSON.stringify(job)) return job;
      isChanged = true;
      return now;
    });
    return isChanged ? jobs : page;
  });
  const first = list.pages.find((page) => page.length > 0)?.[0]?.submittedAt ?? "";
  const newer = newest.jobs.filter(({ id, submittedAt }) => !shown.has(id) && submittedAt >= first).length;
  return { ...list, pages, newer, gone: sameSet(gone, list.gone) };
}

/** The list with the newest page's jobs at its head; it begins again if jobs between the two are missing. */
export function withNewest(list: JobList, newest: JobPage): JobList {
  const shown = new Set(list.pages.flat().map(({ id }) => id));
  const added = newest.jobs.filter(({ id }) => !shown.has(id));
  const isGapless = added.length < newest.jobs.length || newest.cursor === undefined;
  if (!isGapless || list.gone.size > 0) return listOf(newest);
  return { ...list, pages: [added, ...list.pages], newer: 0 };
}

/** The earlier set if it is the same: rows that know it need no change then. */
function sameSet(now: ReadonlySet<string>, before: ReadonlySet<string>): ReadonlySet<string> {
  return now.size === before.size && [...now].every((id) => before.has(id)) ? before : now;
}
