import { createHash, randomUUID } from "node:crypto";
import { readSubmittedJob } from "./answers";
import type { Connection } from "./connection/connection";
import { JobProblemError } from "./errors";
import { inParallel } from "./inParallel";
import type { AnyJobTypes, Submission, SubmitOptions, SubmitOutcome, SubmittedJob } from "./job";
import { withUpload, withUploadedFile } from "./largeValues";
import { bodyToSubmit, type SubmissionBody, submissionBody } from "./submissionBody";
import { submitMany } from "./submitMany";

/** Payloads uploaded at once. */
const uploadsAtOnce = 4;

/** A submission, or the reason why it isn't sent. */
type Outcome = ReturnType<typeof submissionBody>;

/** Submits jobs, each under one id or key however often it is tried; uploads large payloads first. */
export class Submissions {
  constructor(private readonly connection: Connection) {}

  async submit(type: string, payload: unknown, options: SubmitOptions): Promise<SubmittedJob> {
    const { id, idempotencyKey, signal } = options;
    const body = bodyToSubmit(type, payload, options);
    const large = await withUpload(this.connection, { ...body, id: idOf(type, options) }, signal);
    if (large.payloadRef) return this.post(large, {}, signal);
    return this.post(body, id === undefined ? { "idempotency-key": idempotencyKey ?? randomUUID() } : {}, signal);
  }

  async submitFile(type: string, file: string, options: SubmitOptions): Promise<SubmittedJob> {
    const job = { ...bodyToSubmit(type, null, options), payload: undefined, id: idOf(type, options) };
    return this.post(await withUploadedFile(this.connection, job, file, options.signal), {}, options.signal);
  }

  private async post(body: SubmissionBody, headers: Record<string, string>, signal?: AbortSignal) {
    return readSubmittedJob(await this.connection.request({ method: "POST", path: "jobs", headers, body, signal }));
  }

  /** Returns the outcome of each, in order. */
  async submitMany<Types extends AnyJobTypes>(
    jobs: Iterable<Submission<Types>>,
    signal?: AbortSignal,
  ): Promise<SubmitOutcome[]> {
    const submissions = Array.from(jobs);
    const ids = submissions.map(({ id }) => id ?? randomUUID());
    const bodies = submissions.map(({ type, payload, ...more }, index) =>
      submissionBody(type, payload, { ...more, id: ids[index] }),
    );
    const placed = await inParallel(bodies, uploadsAtOnce, (each) => this.place(each, signal));
    const sent = placed.flatMap((each) => ("body" in each ? [each.body] : []));
    const answered = await submitMany(this.connection, sent, signal);
    return placed.map((each, index): SubmitOutcome => {
      if ("body" in each) return answered.shift()!;
      return { id: ids[index]!, isAccepted: false, problem: each.refusal };
    });
  }

  /** Uploads a large payload, so that its job can be submitted. */
  private async place(each: Outcome, signal?: AbortSignal): Promise<Outcome> {
    if ("refusal" in each) return each;
    try {
      return { body: await withUpload(this.connection, each.body as SubmissionBody & { id: string }, signal) };
    } catch (error) {
      if (!(error instanceof JobProblemError)) throw error;
      return { refusal: { ...error, detail: error.message, errors: [...error.errors] } };
    }
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
