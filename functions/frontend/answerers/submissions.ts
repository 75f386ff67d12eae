import { describe, isObject } from "../../../contract/check";
import { problemOf } from "../../../contract/http/problem";
import { idPattern } from "../../../contract/limits";
import { replayedPrefix } from "../../../contract/messages/traceparent";
import { answer, answerEach, type HttpAnswer, refuse } from "../../shared/httpAnswer";
import type { JobPayloads } from "../effects";
import { jobNotFound, notKept } from "../jobNotFound";
import { findUnknownFields, wrongShape } from "../requests/readFields";
import { checkBatch, identify, placedAt, readSubmission, type SubmissionRequest } from "../requests/readSubmission";
import { createSubmitJobs, type IdentifiedSubmission, type SubmitJobsEffects, type SubmitOutcome } from "../submitJobs";
import { type Answerers, recordsFor } from "./answerer";

export interface SubmissionEffects extends SubmitJobsEffects {
  /** Undefined if jobs are not tracked. */
  payloads?: Pick<JobPayloads, "read"> | undefined;
  /** Returns a new job id. */
  newId: () => string;
}

type SubmissionRoute = "submitJob" | "submitBatch" | "replayJob";

export function createSubmissionAnswerers(effects: SubmissionEffects): Answerers<SubmissionRoute> {
  const { records, payloads } = effects;
  const submitJobs = createSubmitJobs(effects);

  async function submit(request: SubmissionRequest, value: unknown, more: object = {}): Promise<HttpAnswer> {
    const job = identify(request, value);
    if ("problem" in job) return refuse(job.problem);
    const [outcome] = await submitJobs([{ ...job, ...more }]);
    if ("problem" in outcome!) return refuse(outcome.problem);
    if (!records) return answer(202, outcome);
    const self = `/jobs/${outcome!.id}`;
    return answer(202, { ...outcome, links: { self } }, { location: self });
  }

  return {
    async submitJob(call) {
      const request = readSubmission(call, effects);
      return "problem" in request ? refuse(request.problem) : submit(request, request.value);
    },

    async replayJob(call) {
      const { event, route, parameter: id } = call;
      const empty = { body: "{}", headers: { ...event.headers, "content-type": "application/json" } };
      const request = readSubmission(event.body ? call : { ...call, event: { ...event, ...empty } }, effects);
      if ("problem" in request) return refuse(request.problem);
      const given = request.value;
      const problems = isObject(given)
        ? findUnknownFields(given, Object.keys(route.body!.properties))
        : [{ path: "", message: `Expected an object, got ${describe(given)}` }];
      if (problems.length > 0) return refuse(wrongShape(problems));
      const record = idPattern.test(id) ? await recordsFor(records!, call).read(id) : undefined;
      if (!record) return refuse(jobNotFound(id));
      if ((given as { id?: unknown }).id === id) {
        return refuse(problemOf("conflict", `Expected another id for the replay of job ${id}, got the same`));
      }
      const { type, tenant, labels, maxAttempts } = record;
      const kept = Object.hasOwn(given as object, "payload") ? {} : await payloads!.read(record);
      if (!kept) return refuse(notKept(id));
      const value = { type, ...kept, tenant, labels, ...(given as object) };
      const { traceparent = record.traceparent ?? replayedPrefix + id } = request.origin;
      return submit(request, value, { replayOf: id, maxAttempts, traceparent, source: { type, id, ...kept } });
    },

    async submitBatch(call) {
      const request = readSubmission(call, effects);
      if ("problem" in request) return refuse(request.problem);
      const batch = checkBatch(request.value);
      const ofNoJob = request.losses.filter(({ path }) => !/^\/jobs\/\d/.test(path));
      const problems = [
        ...(batch.ok ? [] : batch.problems),
        ...findUnknownFields(request.value, Object.keys(call.route.body!.properties)),
        ...ofNoJob,
      ];
      if (!batch.ok || problems.length > 0) return refuse(wrongShape(problems));
      const jobs = batch.value.map((value, index) => identify(request, value, index));
      const submitted = await submitJobs(jobs.filter((job): job is IdentifiedSubmission => !("problem" in job)));
      return answerEach(
        jobs.map((job, index): SubmitOutcome => {
          const outcome = "problem" in job ? job : submitted.shift()!;
          return "problem" in job || !("problem" in outcome) ? outcome : placedAt(`/jobs/${index}`, outcome);
        }),
      );
    },
  };
}
