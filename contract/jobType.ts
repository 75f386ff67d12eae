import { decodeFlat } from "./records/flatItem";

/** A job type as the functions know it: one item of the type table, written at deploy. */
export interface JobType {
  type: string;
  queueUrl: string;
  deadLetterQueueUrl: string;
  /** For people, in `GET /types`. */
  description?: string;
  timeoutSeconds: number;
  maxAttempts: number;
  /**
   * JSON Schema of the payload, by which payloads are checked and which `GET /types` shows. Data, never run as code.
   */
  payloadSchema?: Record<string, unknown>;
  /** `file` if its handlers read payloads as files. */
  payloads?: "file";
  /** Machine image of the workers' instances. */
  machineImage?: JobTypeImage;
  /** Log group of the workers; undefined in an entry of an earlier version. */
  logGroup?: string;
  /** Recurring schedules that submit jobs of the type, for people. */
  schedules?: JobTypeSchedule[];
  /** The scaler's data. */
  fleet: JobTypeFleet;
}

/** A machine image of instances. */
export interface JobTypeImage {
  id: string;
  /** Creation time, ISO 8601; undefined if it isn't known. */
  createdAt?: string;
}

export interface JobTypeSchedule {
  name: string;
  expression: string;
  timeZone?: string;
  /** False if it submits nothing: the component has `schedulesEnabled: false`. */
  enabled?: false;
}

/** The scaler's data on a type's Auto Scaling groups; their bounds are read from the first of them. */
export interface JobTypeFleet {
  groupName: string;
  /** The on-demand group that takes over when the first, of spot instances, is short. */
  onDemandGroupName?: string;
  /** Concurrent jobs of one instance: as configured, or the vCPUs of its first instance type. */
  slots: number;
  prefetch: number;
  targetLatencySeconds: number;
  /** Undefined if it is learned from the workers' reports. */
  secondsPerJob?: number;
}

/** A job type as a DynamoDB item, keyed by `type`. */
export function encodeJobType(jobType: JobType): Record<string, { S: string } | { N: string }> {
  const { type, queueUrl, deadLetterQueueUrl, description, timeoutSeconds, maxAttempts, fleet } = jobType;
  const { payloadSchema, payloads, machineImage, schedules, logGroup } = jobType;
  return {
    type: { S: type },
    queueUrl: { S: queueUrl },
    deadLetterQueueUrl: { S: deadLetterQueueUrl },
    ...(description && { description: { S: description } }),
    timeoutSeconds: { N: String(timeoutSeconds) },
    maxAttempts: { N: String(maxAttempts) },
    ...(payloadSchema && { payloadSchema: { S: JSON.stringify(payloadSchema) } }),
    ...(payloads && { payloads: { S: payloads } }),
    ...(machineImage && { machineImage: { S: JSON.stringify(machineImage) } }),
    ...(logGroup && { logGroup: { S: logGroup } }),
    ...(schedules && { schedules: { S: JSON.stringify(schedules) } }),
    fleet: { S: JSON.stringify(fleet) },
  };
}

const documents = ["payloadSchema", "machineImage", "schedules", "fleet"];

/** Reads a job type from its DynamoDB item. Attributes that this version doesn't know pass. */
export function decodeJobType(item: Record<string, { S?: string; N?: string }>): JobType {
  const fields: Record<string, unknown> = decodeFlat(item);
  for (const field of documents) if (field in fields) fields[field] = JSON.parse(fields[field] as string);
  return fields as unknown as JobType;
}
