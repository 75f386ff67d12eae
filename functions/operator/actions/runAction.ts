import type { Action } from "../../../contract/http/answers";
import type { ActionVerb } from "../../../contract/http/jobFilter";
import type { ProblemCode } from "../../../contract/http/problem";
import { errorFields, type Log } from "../../../contract/log";
import { errorKeyOf } from "../../../contract/records/errorKey";
import type { JobRecord } from "../../../contract/records/record";
import { recordAsRead } from "../../../contract/records/recordAsRead";
import { type JobIndex, listJobs } from "../../frontend/listJobs";
import { decodeCursor } from "../../frontend/requests/listQuery";
import { type ActionProgress, type ActionRequest, type Actions, goesOn, leaseMilliseconds } from "./actions";
import { whyNot } from "./whyNot";

/** Outcome for a job: undefined if it was acted on, else the reason why it was skipped or failed. */
export type Outcome = { code: ProblemCode; isFailure?: boolean } | undefined;

/** Acts on jobs; acting again on those of the same action changes nothing. */
export type Act = (request: ActionRequest, records: JobRecord[]) => Promise<Outcome[]>;

export interface RunActionEffects {
  actions: Actions;
  index: JobIndex;
  acts: Record<ActionVerb, Act>;
  /** Begins and ends the calls that restart an action whose run was lost. */
  watch: { begin(id: string, functionArn: string): Promise<void>; end(id: string): Promise<void> };
  newId: () => string;
  /** Epoch milliseconds. */
  now: () => number;
  pause: (milliseconds: number) => Promise<void>;
  log: Log;
}

/** Jobs between two looks at the action, which may have been stopped; fewer at a low rate, more to count alone. */
const jobsPerPage = 25;
const jobsPerCountedPage = 100;
const pageSeconds = 10;
const maxProblems = 100;

/**
 * Goes on with an action until its end, or until there is no more time. A page of jobs is recorded before they are
 * acted on, and once more with its outcomes: wherever a run is cut off, the next one repeats that page, which changes
 * nothing more.
 */
export async function runAction(effects: RunActionEffects, id: string, hasTime: () => boolean): Promise<void> {
  const { actions, watch, newId, now, pause, log } = effects;
  const run = newId();
  const taken = await actions.take(id, run, now());
  if (!taken) {
    const present = await actions.read(id);
    if (!present || !goesOn(present.state)) await watch.end(id);
    return;
  }
  const { request, counts, problems, cursor, page } = taken;
  const { action, dryRun, ratePerSecond: rate = Infinity } = request;
  const size = dryRun ? jobsPerCountedPage : Math.max(1, Math.min(jobsPerPage, Math.floor(rate * pageSeconds)));
  let progress: ActionProgress = { counts, problems, cursor, page };
  let state: Action["state"] | undefined = taken.state;
  while (state && goesOn(state) && hasTime()) {
    const start = now();
    if (!progress.page) {
      progress = { ...progress, page: await nextPage(effects, request, progress.cursor, size) };
      // A retried job is in no list of failed ones: the next run must know that it was.
      if (!dryRun && progress.page!.ids.length > 0) {
        state = await actions.report(id, run, { ...progress, leaseUntil: now() + leaseMilliseconds });
        if (!state || !goesOn(state)) break;
      }
    }
    const { ids, next: cursor } = progress.page!;
    const outcomes = await actOn(effects, request, ids);
    progress = { cursor, ...added(progress, ids, outcomes, dryRun) };
    const isOver = cursor === undefined;
    const leaseUntil = isOver || !hasTime() ? 0 : now() + leaseMilliseconds;
    const finishedAt = isOver ? { finishedAt: new Date(now()).toISOString() } : {};
    state = await actions.report(id, run, { ...progress, leaseUntil, ...finishedAt });
    if (state && goesOn(state)) await pause(Math.max(0, (ids.length / rate) * 1_000 - (now() - start)));
  }
  if (!state || goesOn(state)) return;
  log("info", "action-ended", { actionId: id, action, state, ...progress.counts, by: request.by });
  await watch.end(id).catch((error: unknown) => {
    // The next call ends it.
    log("warn", "action-watch-not-ended", { actionId: id, ...errorFields(error) });
  });
}

/** The next jobs: those of the filter as they were at the action's start, or those that were named. */
async function nextPage(
  effects: Pick<RunActionEffects, "index" | "now">,
  request: ActionRequest,
  cursor: string | undefined,
  size: number,
): Promise<ActionProgress["page"]> {
  const { filter, ids = [], startedAt } = request;
  if (!filter) {
    const end = Number(cursor ?? 0) + size;
    return { ids: ids.slice(end - size, end), next: end < ids.length ? String(end) : undefined };
  }
  const { type, errorName, errorKey, to = startedAt, ...wanted } = filter;
  const isOfKind = (record: JobRecord) => {
    const { error = { name: "", message: "" } } = record;
    if (errorName !== undefined && error.name !== errorName) return false;
    return (errorKey === undefined || errorKeyOf(error) === errorKey) && !whyNot(request, record);
  };
  const { records, cursor: next } = await listJobs(effects, [type], {
    ...{ ...wanted, to: to < startedAt ? to : startedAt, limit: size },
    after: cursor === undefined ? undefined : decodeCursor(cursor),
    fits: isOfKind,
  });
  return { ids: records.map(({ id }) => id), next };
}

/** Acts on those of the jobs that fit, unless it only counts, and says of the others why they don't. */
async function actOn(effects: RunActionEffects, request: ActionRequest, ids: string[]): Promise<Outcome[]> {
  // A filter has chosen those that fit.
  if (request.dryRun && request.filter) return ids.map(() => undefined);
  const read = await effects.index.readMany(ids);
  const byId = new Map(read.map((record) => [record.id, recordAsRead(record, effects.now())]));
  const fitting = ids.flatMap((id) => (whyNot(request, byId.get(id)) ? [] : [byId.get(id)!]));
  const acted = fitting.length > 0 && !request.dryRun ? await effects.acts[request.action](request, fitting) : [];
  return ids.map((id) => {
    const code = whyNot(request, byId.get(id));
    return code ? { code } : acted[fitting.indexOf(byId.get(id)!)];
  });
}

/** Counts and problems with those of the jobs. */
function added({ counts, problems = [] }: ActionProgress, ids: string[], outcomes: Outcome[], isDry?: boolean) {
  const all = ids.map((id, index) => ({ id, outcome: outcomes[index] }));
  const left = all.flatMap(({ id, outcome }) => (outcome ? [{ id, code: outcome.code }] : []));
  const failed = outcomes.filter((outcome) => outcome?.isFailure).length;
  return {
    counts: {
      matched: counts.matched + ids.length,
      done: counts.done + (isDry ? 0 : ids.length - left.length),
      skipped: counts.skipped + left.length - failed,
      failed: counts.failed + failed,
    },
    problems: [...problems, ...left].slice(0, maxProblems),
  };
}
