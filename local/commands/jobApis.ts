import { isObject } from "../../contract/check";
import type { LocalCloud } from "../cloud";

/** An HTTP API of the local cloud that takes jobs. */
export interface JobApi {
  url: string;
  /** URL of each job type's queue. */
  queues: Record<string, string>;
}

/** The APIs that take jobs, whatever the program calls them: those that say which types they know. */
export async function jobApis(cloud: Pick<LocalCloud, "apis">): Promise<JobApi[]> {
  const found = await Promise.all(cloud.apis.list().map(({ address }) => ask(`${address}/`)));
  return found.filter((api) => api !== undefined);
}

async function ask(url: string): Promise<JobApi | undefined> {
  const response = await fetch(`${url}types`);
  const answer = response.ok ? await response.json().catch((): unknown => undefined) : undefined;
  if (!isObject(answer) || !Array.isArray(answer.types)) return undefined;
  const types = answer.types as { type: string; queueUrl: string }[];
  return { url, queues: Object.fromEntries(types.map(({ type, queueUrl }) => [type, queueUrl])) };
}
