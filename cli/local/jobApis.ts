import { isObject } from "../../contract/check";
import type { LocalCloud } from "../../local-cloud/cloud";
import type { Access, HttpApi } from "../../local-cloud/http/httpApi";
import type { Properties } from "../../local-cloud/properties";
import { deployedIn } from "../../local-cloud/pulumi/deployedResources";
import { signCall } from "../../local-cloud/wire/signatures/signCall";
import { samplePayload } from "./samplePayload";

/** An HTTP API of the local cloud that takes jobs. */
export interface JobApi {
  url: string;
  access: Access;
  /** URL of each job type's queue. */
  queues: Record<string, string>;
  /** A submission that the API takes: of the first type for which a simple payload fits. */
  sample: { type: string; payload: unknown } | undefined;
}

/** The APIs that take jobs, whatever the program calls them: those whose types can be read. */
export async function jobApis(cloud: LocalCloud): Promise<JobApi[]> {
  const known = queuesIn(deployedIn(cloud).statesOf("aws:dynamodb/tableItem:TableItem"));
  const found = await Promise.all(cloud.apis.list().map((api) => ask(api, cloud, known)));
  return found.filter((api) => api !== undefined);
}

/** Queues by type, from the tables of job types: an API may refuse to tell. */
function queuesIn(items: Properties[]): Record<string, string> {
  const found = items.map(({ item }) => JSON.parse(String(item)) as Record<string, { S?: string } | undefined>);
  return Object.fromEntries(found.map(({ type, queueUrl }) => [type?.S ?? "", queueUrl?.S ?? ""]));
}

async function ask(api: HttpApi, cloud: LocalCloud, known: Record<string, string>): Promise<JobApi | undefined> {
  const { address, access } = api;
  const response = await fetch(`${address}/types`, { headers: await headersFor(api, cloud) });
  const answer = response.ok ? await response.json().catch((): unknown => undefined) : undefined;
  if (!isObject(answer) || !Array.isArray(answer.types)) return undefined;
  const types = answer.types as { type: string; queueUrl?: string; payloadSchema?: unknown }[];
  const queues = types.map(({ type, queueUrl }) => [type, queueUrl ?? known[type] ?? ""] as const);
  const samples = types.map(({ type, payloadSchema }) => ({ type, payload: samplePayload(payloadSchema) }));
  const sample = samples.find(({ payload }) => payload !== undefined);
  return { url: `${address}/`, access, queues: Object.fromEntries(queues), sample };
}

async function headersFor({ address, access }: HttpApi, cloud: LocalCloud): Promise<Record<string, string>> {
  const { authorization, bearerToken } = access;
  if (authorization === "none") return {};
  if (authorization === "jwt") return { authorization: `Bearer ${bearerToken}` };
  const call = { service: "execute-api", region: cloud.region, method: "GET", address, path: "/types" };
  return signCall({ ...call, headers: {}, body: "" }, cloud.credentials);
}
