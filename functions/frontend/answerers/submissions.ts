import { answer, answerEach, refuse } from "../requests/http";
import { findUnknownFields, wrongShape } from "../requests/readFields";
import { checkBatch, identify, placedAt, readSubmission } from "../requests/readSubmission";
import { createSubmitJobs, type IdentifiedSubmission, type SubmitJobsEffects, type SubmitOutcome } from "../submitJobs";
import type { Answerers } from "./answerer";

export interface SubmissionEffects extends SubmitJobsEffects {
  /** Returns a new job id. */
  newId: () => string;
}

export function createSubmissionAnswerers(effects: SubmissionEffects): Answerers<"submitJob" | "submitBatch"> {
  const { records, newId } = effects;
  const submitJobs = createSubmitJobs(effects);
  return {
    async submitJob({ event, tenant }) {
      const request = readSubmission(event, newId, tenant);
      if ("problem" in request) return refuse(request.problem);
      const job = identify(request, request.value);
      if ("problem" in job) return refuse(job.problem);
      const [outcome] = await submitJobs([job]);
      if ("problem" in outcome!) return refuse(outcome.problem);
      if (!records) return answer(202, outcome);
      const self = `/jobs/${outcome!.id}`;
      return answer(202, { ...outcome, links: { self } }, { location: self });
    },

    async submitBatch({ event, route, tenant }) {
      const request = readSubmission(event, newId, tenant);
      if ("problem" in request) return refuse(request.problem);
      const batch = checkBatch(request.value);
      const ofNoJob = request.losses.filter(({ path }) => !/^\/jobs\/\d/.test(path));
      const problems = [
        ...(batch.ok ? [] : batch.problems),
        ...findUnknownFields(request.value, Object.keys(route.body!.properties)),
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
