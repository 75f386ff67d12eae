import { accountId } from "../../account";
import type { Ask } from "../evaluate";
import type { Call } from "./call";

/** A batch is what each of its entries is ("Actions, resources, and condition keys for Amazon SQS"). */
export function sqsAsks({ request, operation, sources }: Call): Ask[] {
  const { QueueUrl, QueueName, SourceArn } = (request.input ?? {}) as Record<string, string | undefined>;
  const name = QueueUrl?.slice(QueueUrl.lastIndexOf("/") + 1) ?? QueueName;
  const resource = SourceArn ?? (name === undefined ? "*" : `arn:aws:sqs:${sources.region}:${accountId}:${name}`);
  return [{ action: `sqs:${operation.replace(/Batch$/, "")}`, resource }];
}
