/**
 * The codes that SQS writes with its prefix, of old ("Error responses" of each action, Amazon SQS API Reference of the query
 * protocol); fauxqs writes it before all.
 */
const prefixed = new Set([
  ...["BatchEntryIdsNotDistinct", "BatchRequestTooLong", "EmptyBatchRequest", "InvalidBatchEntryId"],
  ...["MessageNotInflight", "NonExistentQueue", "PurgeQueueInProgress", "QueueDeletedRecently"],
  ...["TooManyEntriesInBatchRequest", "UnsupportedOperation"],
]);

/** What the header `x-amzn-query-error` tells clients of the older protocol, given what it might: code and fault. */
export function queryErrorOf(error: string): string {
  const [code = "", fault] = error.replace("AWS.SimpleQueueService.", "").split(";");
  const named = code === "QueueNameExists" ? "QueueAlreadyExists" : code;
  return `${prefixed.has(named) ? "AWS.SimpleQueueService." : ""}${named};${fault}`;
}
