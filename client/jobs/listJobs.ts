import { jsonOf } from "../../contract/check";
import { readJobPage } from "../answers";
import type { Connection } from "../connection/connection";
import type { Origins } from "../connection/origins";
import { JobProblemError } from "../errors";
import type { Job, JobPage, ListQuery } from "../job";

/** Place in the list of one API: after the job of that id, of the page behind the cursor. Null at the end. */
type Place = { cursor?: string; after?: string } | null;

/** The API's own default. */
const defaultLimit = 20;

/** Lists jobs, newest first, a page at a time; those of several APIs together, with a cursor of all their places. */
export async function listJobs(origins: Origins, query: ListQuery): Promise<JobPage> {
  if (!origins.areSeveral) return origins.run((api) => readPage(api, query));
  const { state, cursor, limit = defaultLimit } = query;
  const places = readCursor(cursor);
  const pages = await origins.each(async (api, { url }, index) => {
    const place = places[index] === undefined ? {} : places[index];
    if (place === null) return { url, place, jobs: [] };
    const page = await readPage(api, { ...query, limit, cursor: place.cursor });
    const jobs = page.jobs.slice(page.jobs.findIndex(({ id }) => id === place.after) + 1);
    return { url, place, next: page.cursor, jobs: jobs.map((job) => Object.assign(job, { url })) };
  });
  const timeOf = (job: Job) => ((state === "failed" || state === "cancelled") && job.finishedAt) || job.submittedAt;
  // Jobs of one API must not come before newer ones of another's next page.
  const isDue = (job: Job) =>
    pages.every(
      (page) => page?.next === undefined || (page.jobs.length > 0 && timeOf(page.jobs.at(-1)!) <= timeOf(job)),
    );
  const all = pages.flatMap((page) => page?.jobs ?? []).filter(isDue);
  const jobs = all.sort((one, other) => timeOf(other).localeCompare(timeOf(one))).slice(0, limit);
  const after = pages.map((page): Place => {
    const shown = jobs.filter(({ url }) => url === page?.url);
    if (page && shown.length < page.jobs.length) return { ...page.place, after: shown.at(-1)?.id ?? page.place?.after };
    return page?.next === undefined ? null : { cursor: page.next };
  });
  const unreachable = origins.urls.filter((_url, index) => pages[index] === undefined);
  return {
    jobs,
    ...(after.some(Boolean) && { cursor: Buffer.from(JSON.stringify(after)).toString("base64url") }),
    ...(unreachable.length > 0 && { unreachable }),
  };
}

async function readPage(api: Connection, { signal, from, to, ...query }: ListQuery): Promise<JobPage> {
  const times = { from: timeText(from), to: timeText(to) };
  return api.request({ method: "GET", path: "jobs", query: { ...query, ...times }, signal }, readJobPage);
}

function readCursor(cursor: string | undefined): Place[] {
  const places = cursor === undefined ? [] : jsonOf(Buffer.from(cursor, "base64url").toString());
  if (Array.isArray(places)) return places as Place[];
  const detail = `cursor: Expected the cursor of a page before, got ${JSON.stringify(cursor)}`;
  throw new JobProblemError({ code: "invalid-request", status: 400, detail });
}

function timeText(time: Date | string | undefined): string | undefined {
  return time instanceof Date ? time.toISOString() : time;
}
