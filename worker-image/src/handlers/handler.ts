import { type JobHandler } from "../../../contract/handlers/handler";

export type { Job, JobContext, JobLogger } from "../../../contract/handlers/handler";

/** A handler module's default export. */
export type Handler<Payload = unknown> = JobHandler<Payload>;

/** An error after which the job is not retried: `throw permanent("Expected …, got …")`. */
export function permanent(message: string, options?: ErrorOptions): Error & { permanent: true } {
  return Object.assign(new Error(message, options), { name: "PermanentError", permanent: true as const });
}
