import type { SQSClient } from "@aws-sdk/client-sqs";
import { type AwsCredentials, standardCredentials } from "../connection/credentials";
import { readLocalRunOf } from "../connection/localRun";
import { isOnThisMachine } from "../connection/origin";
import { boundedClient } from "../connection/proxy";

/** SQS, with its client; loaded with the first call that needs it. */
export type Sqs = typeof import("@aws-sdk/client-sqs") & { client: SQSClient };

/** Hosts of SQS, which contain their region ("Amazon SQS endpoints and quotas", endpoints of a VPC included). */
const hosts = [
  /^(?:vpce-[a-z0-9-]+\.)?sqs(?:-fips)?\.([a-z0-9-]+)\.(?:vpce\.)?amazonaws\.com(?:\.cn)?$/,
  /^sqs(?:-fips)?\.([a-z0-9-]+)\.(?:api\.aws|api\.amazonwebservices\.com\.cn)$/,
  /^([a-z0-9-]+)\.queue\.amazonaws\.com(?:\.cn)?$/,
];

/**
 * SQS for a queue. AWS credentials go to AWS alone; the local run's keys, to this machine.
 *
 * @throws Error if the URL is that of neither, or if the local cloud there left no keys for this user.
 */
export async function loadSqs(
  queueUrl: string,
  apiUrl: URL,
  credentials?: AwsCredentials | (() => Promise<AwsCredentials>),
): Promise<Sqs> {
  const url = new URL(queueUrl);
  const isLocal = isOnThisMachine(url) && isOnThisMachine(apiUrl);
  const region = regionOfQueue(url) ?? (isLocal ? "us-east-1" : undefined);
  if (!region) throw new Error(`Expected the URL of a queue of SQS from ${apiUrl.origin}, got one of ${url.origin}`);
  const sqs = await import("@aws-sdk/client-sqs");
  const client = new sqs.SQSClient({
    region,
    ...(isLocal && { endpoint: url.origin }),
    ...(await boundedClient(url)),
    credentials: credentials ?? (isLocal ? localCredentials(url) : await standardCredentials()),
  });
  return { ...sqs, client };
}

function regionOfQueue({ protocol, hostname }: URL): string | undefined {
  if (protocol !== "https:") return undefined;
  return hosts.map((pattern) => pattern.exec(hostname)?.[1]).find((region) => region !== undefined);
}

/** The local cloud's keys: no other credentials are sent to it. */
function localCredentials(endpoint: URL): AwsCredentials {
  const run = readLocalRunOf(endpoint);
  if (run) return run.credentials;
  throw new Error(
    `Expected the keys of the local cloud at ${endpoint.origin} as \`credentials\`, since it left none for this user`,
  );
}
