export { JobClient } from "./JobClient";
export type { JobClientOptions } from "./JobClient";
export type { AuthorizationOptions, AwsCredentials } from "./connection/authorization";
export type { ConnectionOptions } from "./connection/connection";
export type { Failover } from "./connection/origins";
export type {
  DeadLetterOutcome,
  DeadLetterPage,
  DeadLetters,
  DeadLetterSelection,
  RedriveOptions,
} from "./deadLetters/DeadLetters";
export type { DeadLetter } from "./deadLetters/deadLetterQueue";
export { ConnectionError, JobProblemError, ResultOmitted, WaitTimeoutError } from "./errors";
export type { JobProblemCode } from "./problemCode";
export type {
  Action,
  ActionOptions,
  CallOptions,
  FailureGroup,
  GetOptions,
  Health,
  Job,
  JobLogs,
  JobPage,
  JobShape,
  JobType,
  ListedSchedule,
  TypeSchedule,
  ListQuery,
  LogLine,
  LogQuery,
  PastCounts,
  Refusal,
  ReplayOptions,
  RetryOptions,
  Submission,
  SubmitOptions,
  SubmitOutcome,
  SubmittedJob,
  UsageQuery,
  UsageReport,
  UsageRow,
  UsageSum,
} from "./job";
export type { ActionVerb, JobFilter } from "../contract/http/jobFilter";
export type { JobsOf } from "./jobsOf";
export type { WaitOptions } from "./jobs/waitForJob";
export type { JobError, JobState, OmittedResult } from "../contract/records/record";
export type { Waiting, WaitingReason } from "../contract/records/waiting";
export type { FieldProblem } from "../contract/check";
