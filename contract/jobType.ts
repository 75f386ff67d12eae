export const deploymentOnlyModule = true;

/** What the front end and the router know of a job type: one item of the type table, written at deploy. */
export interface JobType {
  type: string;
  queueUrl: string;
  deadLetterQueueUrl: string;
  /** For people, in `GET /types`. */
  description?: string;
  timeoutSeconds: number;
  maxAttempts: number;
}

/** A job type as a DynamoDB item, keyed by `type`. */
export function encodeJobType(jobType: JobType): Record<string, { S: string } | { N: string }> {
  const { type, queueUrl, deadLetterQueueUrl, description, timeoutSeconds, maxAttempts } = jobType;
  return {
    type: { S: type },
    queueUrl: { S: queueUrl },
    deadLetterQueueUrl: { S: deadLetterQueueUrl },
    ...(description && { description: { S: description } }),
    timeoutSeconds: { N: String(timeoutSeconds) },
    maxAttempts: { N: String(maxAttempts) },
  };
}

/** Reads a job type from its DynamoDB item. */
export function decodeJobType(item: Record<string, { S?: string; N?: string }>): JobType {
  return {
    type: item.type?.S ?? "",
    queueUrl: item.queueUrl?.S ?? "",
    deadLetterQueueUrl: item.deadLetterQueueUrl?.S ?? "",
    ...(item.description?.S && { description: item.description.S }),
    timeoutSeconds: Number(item.timeoutSeconds?.N),
    maxAttempts: Number(item.maxAttempts?.N),
  };
}
