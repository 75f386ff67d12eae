import { S3Client } from "@aws-sdk/client-s3";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";

/** The clients that ask one of the two. */
export interface Clients {
  sqs: SQSClient;
  sns: SNSClient;
  s3: S3Client;
}

/** A call that is made to the local cloud and to LocalStack. */
export interface Probe {
  name: string;
  /**
   * @returns what to compare, where it isn't only whether the call is accepted; ids of a batch's failed entries, with
   * their codes.
   */
  ask: (clients: Clients) => Promise<unknown>;
  /** Deviation of the local cloud from LocalStack, and AWS's words on it. */
  differs?: { localCloud: string; because: string };
}

export interface Address {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}

export function clientsOf({ endpoint, region, credentials }: Address): Clients & { destroy(): void } {
  const settings = { endpoint, region, credentials, maxAttempts: 1 };
  const clients = {
    sqs: new SQSClient(settings),
    sns: new SNSClient(settings),
    s3: new S3Client({ ...settings, forcePathStyle: true }),
  };
  return { ...clients, destroy: () => Object.values(clients).forEach((client) => client.destroy()) };
}

/** A probe's answer: `ok`, its return value, or the error's code. */
export async function answerTo({ ask }: Probe, clients: Clients): Promise<string> {
  try {
    return described(await ask(clients));
  } catch (error) {
    const {
      name,
      Error: inQuery,
      $metadata,
    } = error as Error & {
      Error?: { Code?: string };
      $metadata?: { httpStatusCode?: number };
    };
    // What never got an answer is a fault of the probe.
    if ($metadata?.httpStatusCode === undefined) throw error;
    // SQS has a second code in a header, for clients of its older protocol.
    const second = inQuery?.Code === undefined || inQuery.Code === name ? "" : ` (${inQuery.Code})`;
    return `${name}${second} ${$metadata.httpStatusCode}`;
  }
}

function described(result: unknown): string {
  if (typeof result === "string") return result;
  const failed = (result as { Failed?: { Id: string; Code: string }[] } | undefined)?.Failed ?? [];
  return failed.map(({ Id, Code }) => `${Id}: ${Code}`).join(", ") || "ok";
}
