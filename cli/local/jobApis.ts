import { JobClient } from "../../client/index";
import type { LocalCloud } from "../../local-cloud/index";
import { samplePayload } from "./samplePayload";

type HttpApi = ReturnType<LocalCloud["apis"]["list"]>[number];

/** An HTTP API of the local cloud that takes jobs. */
export interface JobApi {
  url: string;
  region: string;
  access: HttpApi["access"];
  /** URL of each job type's queue. */
  queues: Record<string, string>;
  /** A submission that the API takes: of the first type for which a simple payload fits. */
  sample: { type: string; payload: unknown } | undefined;
}

/** The APIs that take jobs, whatever the program calls them: those whose types can be read. */
export async function jobApis(cloud: LocalCloud): Promise<JobApi[]> {
  const found = await Promise.all(
    cloud.regions().flatMap((region) => region.apis.list().map((api) => ask(api, region))),
  );
  return found.filter((api) => api !== undefined);
}

async function ask({ address, access }: HttpApi, cloud: LocalCloud): Promise<JobApi | undefined> {
  const url = `${address}/`;
  const { region, credentials } = cloud;
  const signed = access.authorization === "iam" ? { authorization: "iam" as const, region, credentials } : {};
  const client = new JobClient({ url, token: access.bearerToken, ...signed, maxAttempts: 1 });
  try {
    const types = await client.types();
    const groups = cloud.groups.list();
    // Some APIs keep the queues to themselves.
    const queueOf = (type: string) => groups.find(({ jobType }) => jobType === type)?.queueUrl ?? "";
    const queues = Object.fromEntries(types.map(({ type }) => [type, queueOf(type)]));
    const samples = types.map(({ type, payloadSchema }) => ({ type, payload: samplePayload(payloadSchema) }));
    return { url, region, access, queues, sample: samples.find(({ payload }) => payload !== undefined) };
  } catch {
    return undefined;
  }
}
