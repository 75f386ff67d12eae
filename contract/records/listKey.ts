/** Index that lists job records: hash `listKey`, range `submittedAt`, keys only. */
export const listIndex = "newest";

/**
 * Index keys that a type's jobs are divided among: a partition takes 1,000 writes/s ("DynamoDB burst and adaptive
 * capacity").
 */
const listShards = 8;

/**
 * Index of the jobs that failed or were cancelled: hash `type`, range `endedAs`, keys only. A job that succeeds never
 * enters it.
 */
export const unsuccessfulIndex = "unsuccessful";

/** The range key of an end, by state and then by time. */
export function endedAs(state: "failed" | "cancelled", finishedAt: string): string {
  return `${state}#${finishedAt}`;
}

/** The index key of a job. It and `submittedAt` never change, so that no later write touches the index. */
export function listKeyOf(type: string, id: string): string {
  // FNV-1a: ids that differ in a single character spread evenly.
  let hash = 0x81_1c_9d_c5;
  for (let index = 0; index < id.length; index++) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01_00_01_93) >>> 0;
  return listKey(type, ((hash ^ (hash >>> 16)) >>> 0) % listShards);
}

/** All index keys of a type. */
export function listKeysOf(type: string): string[] {
  return Array.from({ length: listShards }, (_, shard) => listKey(type, shard));
}

function listKey(type: string, shard: number): string {
  return `${type}#${shard}`;
}
