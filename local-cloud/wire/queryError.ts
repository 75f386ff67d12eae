/**
 * Codes that SQS writes with its old prefix ("Error responses" of each action, Amazon SQS API Reference of the query
 * protocol); fauxqs writes it before all.
 */
const prefixed = new Set([
  ...["BatchEntryIdsNotDistinct", "BatchRequestTooLong", "EmptyBatchRequest", "InvalidBatchEntryId"],
  ...["MessageNotInflight", "NonExistentQueue", "PurgeQueueInProgress", "QueueDeletedRecently"],
  ...["TooManyEntriesInBatchRequest", "UnsupportedOperation"],
]);

/** Value of the header `x-amzn-query-error` for clients of the older protocol: code and fault. */
export function queryErrorOf(error: string): string {
  const [code = "", fault] = error.replace("AWS.SimpleQueueService.", "").split(";");
  const named = code === "QueueNameExists" ? "QueueAlreadyExists" : code;
  return `${prefixed.has(named) ? "AWS.SimpleQueueService." : ""}${named};${fault}`;
}
