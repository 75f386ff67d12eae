import type { Refusal } from "../faults";

/** Reasons why AWS rejects a signature. */
export type ProblemKind = "missing" | "malformed" | "unknownKey" | "tooOld" | "mismatch" | "body";

/** A request without a verified caller. */
export class Unproven extends Error {
  constructor(
    readonly kind: ProblemKind,
    message: string,
  ) {
    super(message);
  }
}

type Answers = Record<ProblemKind, [status: number, code: string]>;

/** "Common Errors" of the services with JSON and with Query protocols, and "Error responses" of Amazon S3. */
const json: Answers = {
  missing: [400, "MissingAuthenticationTokenException"],
  malformed: [400, "IncompleteSignatureException"],
  unknownKey: [400, "UnrecognizedClientException"],
  tooOld: [400, "InvalidSignatureException"],
  mismatch: [400, "InvalidSignatureException"],
  body: [400, "InvalidSignatureException"],
};
const rest: Answers = {
  ...json,
  missing: [403, "MissingAuthenticationTokenException"],
  unknownKey: [403, "UnrecognizedClientException"],
  tooOld: [403, "InvalidSignatureException"],
  mismatch: [403, "InvalidSignatureException"],
};
const query: Answers = {
  missing: [403, "MissingAuthenticationToken"],
  malformed: [400, "IncompleteSignature"],
  unknownKey: [403, "InvalidClientTokenId"],
  tooOld: [403, "SignatureDoesNotMatch"],
  mismatch: [403, "SignatureDoesNotMatch"],
  body: [403, "SignatureDoesNotMatch"],
};
const s3: Answers = {
  missing: [403, "AccessDenied"],
  malformed: [400, "AuthorizationHeaderMalformed"],
  unknownKey: [403, "InvalidAccessKeyId"],
  tooOld: [403, "RequestTimeTooSkewed"],
  mismatch: [403, "SignatureDoesNotMatch"],
  body: [400, "XAmzContentSHA256Mismatch"],
};

/** By the service's name in the credential scope. SQS speaks JSON with the Query protocol's errors. */
const byService: Record<string, Answers | undefined> = {
  s3,
  dynamodb: json,
  lambda: rest,
  scheduler: rest,
  sqs: query,
  sns: query,
  sts: query,
  autoscaling: query,
};

/** The rejection in the form of the called service. */
export function refusalOf(service: string, { kind, message }: Unproven): Refusal {
  const [status, code] = (Object.hasOwn(byService, service) ? byService[service]! : json)[kind];
  return { status, code, message };
}
