import { isObject, jsonOf } from "./check";
import type { LogEvents } from "./logEvents";

/** Name of an event: what isn't in the table of events isn't logged. */
export type EventName = keyof LogEvents;

/** `error` is for what a person should look at. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** An error with its causes. */
export interface LoggedError {
  name: string;
  message: string;
  stack?: string | undefined;
  cause?: LoggedError | undefined;
}

/** Fields that mean the same in every line. An event has others of its own; none of them holds a payload. */
export interface LogFields {
  /** Time of the event, if not the moment of writing; ISO 8601 with milliseconds, UTC. */
  time?: string;
  jobId?: string | undefined;
  /** Of a line about several jobs. */
  jobIds?: string[];
  jobType?: string | undefined;
  /** Id of the EC2 instance; locally the one that the local cloud gave. */
  worker?: string;
  messageId?: string;
  attempt?: number | undefined;
  /** The job's labels, in a worker's lines. */
  labels?: Record<string, string>;
  error?: LoggedError;
  /** A handler's own fields, which can overwrite nothing. */
  fields?: Record<string, unknown>;
  id?: never;
  type?: never;
  [name: string]: unknown;
}

/** One line of a log: a JSON object. */
export interface LogLine extends LogFields {
  time: string;
  level: LogLevel;
  event: EventName;
}

/** Writes one line. */
export type Log = (level: LogLevel, event: EventName, fields?: LogFields) => void;

/** Events that end an attempt by what its handler did. */
export const ownEnds: readonly EventName[] = ["job-succeeded", "job-failed", "job-retried"];

/** Events that end an attempt. */
export const attemptEnds: readonly EventName[] = [...ownEnds, "job-given-back", "job-cancelled", "job-lease-lost"];

/** A line of a log, as JSON: the event's fields, then the common ones. */
export function logLine(
  now: number,
  level: LogLevel,
  event: EventName,
  fields?: LogFields,
  common?: LogFields,
): string {
  return JSON.stringify({ time: new Date(now).toISOString(), level, event, ...fields, ...common });
}

/** Fields of a line about a job, or about several of one type. */
export function aboutJobs(jobIds: string[], jobType: string): LogFields {
  return jobIds.length === 1 ? { jobId: jobIds[0], jobType } : { jobIds, jobType };
}

/** True if the line is about the job, alone or among others. */
export function isAboutJob(line: string, jobId: string): boolean {
  const fields = line.includes(jobId) ? jsonOf(line) : undefined;
  if (!isObject(fields)) return false;
  return fields.jobId === jobId || (Array.isArray(fields.jobIds) && fields.jobIds.includes(jobId));
}

/** Errors of a chain of causes that a line has. */
const maxErrors = 5;

/** The field of an error and its causes. */
export function errorFields(error: unknown, most = maxErrors): { error: LoggedError } {
  // Node's error of a connection that was refused at each of a host's addresses has no message, but the errors of each.
  const { name = "Error", message = String(error), stack, code, errors, cause = errors?.[0] } = Object(error) as Thrown;
  return {
    error: {
      name: String(name),
      message: String(message || code),
      stack,
      cause: cause && most > 1 ? errorFields(cause, most - 1).error : undefined,
    },
  };
}

interface Thrown {
  name?: unknown;
  message?: unknown;
  stack?: string;
  code?: unknown;
  errors?: unknown[];
  cause?: unknown;
}
