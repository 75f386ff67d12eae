import { type Fault } from "../../../local-cloud/wire/faults";

/** Kinds of outage of a whole service: every call is refused, left unanswered, or throttled. */
export type OutageKind = "refuse" | "hang" | "throttle";

/** Throttling errors by service; the others throttle like DynamoDB. */
const throttling: Record<string, Pick<Fault, "status" | "code">> = {
  autoscaling: { status: 400, code: "Throttling" },
  lambda: { status: 429, code: "TooManyRequestsException" },
  s3: { status: 503, code: "SlowDown" },
  sns: { status: 400, code: "Throttled" },
};

/** A fault of a whole service. */
export function outageOf(service: string, kind: OutageKind): Fault {
  if (kind === "hang") return { service, hangs: true };
  return { service, ...(kind === "throttle" && (throttling[service] ?? { status: 400, code: "ThrottlingException" })) };
}
