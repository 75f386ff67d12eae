/** All limits on jobs. Sources are AWS's pages, by title. */
export const limits = {
  /** UTF-8 bytes of a payload as JSON: SNS's 256 KiB less room for the envelope. */
  maxPayloadBytes: 240_000,
  /**
   * UTF-8 bytes of a payload within a request, as JSON: Lambda's 6 MB hold it with every quote escaped ("Lambda
   * quotas"). One of more than {@link limits.maxPayloadBytes} is stored in S3.
   */
  maxSentPayloadBytes: 3_000_000,
  /** Bytes of a payload that is an object of S3, and that a handler reads at once. */
  maxLargeBytes: 100_000_000,
  /** Bytes of a payload that the handler reads as a file: S3's largest PUT ("Uploading objects"). */
  maxFileBytes: 5_368_709_120,
  /** Seconds for which a signed URL of S3 works. */
  signedUrlSeconds: 900,
  /** Nesting of objects and arrays, so that no later parser or printer overflows its stack. */
  maxPayloadDepth: 64,
  /** Bytes of a request's body. Lambda takes 6 MB ("Lambda quotas"), in which every quote of the body is escaped. */
  maxBodyBytes: 5_000_000,
  /** Jobs in one `POST /jobs/batch`. */
  maxBatchJobs: 100,
  /** UTF-8 bytes of one SNS message ("Amazon SNS endpoints and quotas"). */
  maxMessageBytes: 262_144,
  /**
   * UTF-8 bytes of one SQS message, attributes included, at its queue's largest setting ("Amazon SQS message quotas").
   */
  maxQueueMessageBytes: 1_048_576,
  /** Room kept for a message's attributes, whose names, types and values count toward its bytes. */
  attributeBytes: 256,
  /** Entries and total bytes of one SQS or SNS batch call ("Amazon SQS message quotas"). */
  maxBatchEntries: 10,
  maxBatchBytes: 262_144,
  /** Characters of a job id. */
  maxIdCharacters: 80,
  /** Characters of a job type's name. */
  maxTypeCharacters: 40,
  /** Characters of a tenant: an SQS message group id ("Amazon SQS message quotas"). */
  maxTenantCharacters: 128,
  /** UTF-8 bytes of a result as JSON that a record keeps. A DynamoDB item holds 400 KB; larger results belong in S3. */
  maxResultBytes: 65_536,
  /** UTF-8 bytes of a checkpoint as JSON: a write of it costs as many write units as it has KB. */
  maxCheckpointBytes: 32_768,
  /** Characters kept of an error's message. */
  maxErrorCharacters: 2_000,
  /** Longest delay of a job: 365 days. */
  maxDelaySeconds: 31_536_000,
  /** UTF-8 bytes of a schedule's input for its target ("Quotas for Amazon EventBridge Scheduler"). */
  maxScheduleInputBytes: 262_144,
  /** Longest delay in SQS ("Amazon SQS message timers"). */
  maxQueueDelaySeconds: 900,
  /** Attempts that a job may be given. */
  maxAttempts: 100,
  /** 11 h 50 min: SQS hides a message for 12 hours at most ("Amazon SQS visibility timeout"), less a margin. */
  maxTimeoutSeconds: 42_600,
  /** Longest time that SQS hides a message, and so a worker's longest lease ("Amazon SQS visibility timeout"). */
  maxVisibilitySeconds: 43_200,
  /** Seconds within which a worker returns unfinished jobs after its drain. */
  giveBackSeconds: 15,
  /** Memory that an instance keeps from its worker's container, in MB. */
  systemMegabytes: 300,
  /** Memory that a worker keeps from its jobs, in MB. */
  workerMegabytes: 256,
  /** Retention of queues and dead-letter queues: SQS's longest ("Amazon SQS message quotas"). */
  queueRetentionSeconds: 14 * 24 * 3_600,
  /** Seconds that a function caches a job type. */
  typeCacheSeconds: 60,
  /** Seconds that a finished job's record is kept. */
  recordRetentionSeconds: 14 * 24 * 3_600,
} as const;

/** A job id: `[A-Za-z0-9._-]{1,80}`, but not "." or "..", which a URL's path can't hold. */
export const idPattern = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,80}$/;

/** A tenant: visible ASCII characters. */
export const tenantPattern = /^[\x21-\x7e]{1,128}$/;

/** A job type: kebab-case, 1–40 characters, starting with a letter. */
export const typePattern = /^(?=.{1,40}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
