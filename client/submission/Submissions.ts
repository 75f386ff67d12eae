import { createHash, randomUUID } from "node:crypto";
import { readSubmittedJob } from "../answers";
import type { ApiRequest, Connection } from "../connection/connection";
import type { Origins } from "../connection/origins";
import type { AnyJobTypes, Submission, SubmitOptions, SubmitOutcome, SubmittedJob } from "../job";
import { withUpload, withUploadedFile } from "./largeValues";
import { bodyToSubmit, submissionBody } from "./submissionBody";
import { submitMany } from "./submitMany";

/** Submits jobs, each under one id or key however often it is tried; uploads large payloads first. */
export class Submissions {
  constructor(private readonly origins: Origins) {}

  async submit(type: string, payload: unknown, options: SubmitOptions): Promise<SubmittedJob> {
    const { id, idempotencyKey, signal } = options;
    const body = bodyToSubmit(type, payload, options);
    const identified = { ...body, id: idOf(type, options) };
    const key = randomUUID();
    return this.post(async (api) => {
      const large = await withUpload(api, identified, signal);
      // A key makes another id in another region.
      if (large.payloadRef || this.origins.areSeveral) return { body: large, signal };
      return { body, ...(id === undefined && { headers: { "idempotency-key": idempotencyKey ?? key } }), signal };
    });
  }

  async submitFile(type: string, file: string, options: SubmitOptions): Promise<SubmittedJob> {
    const { signal } = options;
    const job = { ...bodyToSubmit(type, null, options), payload: undefined, id: idOf(type, options) };
    return this.post(async (api) => ({ body: await withUploadedFile(api, job, file, signal), signal }));
  }

  private post(requestFor: (api: Connection) => Promise<Pick<ApiRequest, "body" | "headers" | "signal">>) {
    return this.origins.submit(async (api, place) => {
      const request = { method: "POST", path: "jobs", ...(await requestFor(api)) } as const;
      return { ...(await api.request(request, readSubmittedJob)), ...place };
    });
  }

  /** Returns the outcome of each, in order. */
  async submitMany<Types extends AnyJobTypes>(
    jobs: Iterable<Submission<Types>>,
    signal?: AbortSignal,
  ): Promise<SubmitOutcome[]> {
    const identified = Array.from(jobs, (job) => ({ ...job, id: job.id ?? randomUUID() }));
    const bodies = identified.map(({ type, payload, ...more }) => submissionBody(type, payload, more));
    const sent = bodies.flatMap((each) => ("body" in each ? [each.body] : []));
    const answered = await submitMany(this.origins, sent, signal);
    return bodies.map((each, index): SubmitOutcome => {
      if ("body" in each) return answered.shift()!;
      return { id: identified[index]!.id, isAccepted: false, problem: each.refusal };
    });
  }
}

/** The job's id, which a payload in S3 needs: the same for the same key. */
function idOf(type: string, { id, idempotencyKey }: SubmitOptions): string {
  if (id !== undefined) return id;
  if (idempotencyKey === undefined) return randomUUID();
  return createHash("sha256")
    .update(JSON.stringify([type, idempotencyKey]))
    .digest("hex");
}
