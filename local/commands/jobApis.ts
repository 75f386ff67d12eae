import { isObject } from "../../contract/check";
import type { LocalCloud } from "../cloud";
import type { Properties } from "../resources/resource";

/** An HTTP API of the local cloud that takes jobs. */
export interface JobApi {
  url: string;
  /** URL of each job type's queue. */
  queues: Record<string, string>;
}

/** The APIs that take jobs, whatever the program calls them: those that say which types they know. */
export async function jobApis({ apis, deployed }: Pick<LocalCloud, "apis" | "deployed">): Promise<JobApi[]> {
  const known = queuesIn(deployed.statesOf("aws:dynamodb/tableItem:TableItem"));
  const found = await Promise.all(apis.list().map(({ address }) => ask(`${address}/`, known)));
  return found.filter((api) => api !== undefined);
}

/** Queues by type, as the tables of job types say: an API may tell nobody. */
function queuesIn(items: Properties[]): Record<string, string> {
  const found = items.map(({ item }) => JSON.parse(String(item)) as Record<string, { S?: string } | undefined>);
  return Object.fromEntries(found.map(({ type, queueUrl }) => [type?.S ?? "", queueUrl?.S ?? ""]));
}

async function ask(url: string, known: Record<string, string>): Promise<JobApi | undefined> {
  const response = await fetch(`${url}types`);
  const answer = response.ok ? await response.json().catch((): unknown => undefined) : undefined;
  if (!isObject(answer) || !Array.isArray(answer.types)) return undefined;
  const types = answer.types as { type: string; queueUrl?: string }[];
  const queues = types.map(({ type, queueUrl }) => [type, queueUrl ?? known[type] ?? ""] as const);
  return { url, queues: Object.fromEntries(queues) };
}
