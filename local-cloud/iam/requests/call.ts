import type { AwsRequest } from "../../wire/awsRequest";
import type { Ask } from "../evaluate";

/** An Auto Scaling group, as far as policies know it. */
export interface KnownGroup {
  arn: string;
  tags: readonly { key: string; value: string }[];
}

/** Lookups needed to derive a call's resource ARNs and condition keys. */
export interface AskSources {
  region: string;
  /** Name of the attribute that is the partition key of the table. */
  hashKeyOf(tableName: string): string | undefined;
  groupOf(named: { group?: string; instance?: string }): KnownGroup | undefined;
  hasObject(bucket: string, key: string): boolean;
  /** Tags of a log group; undefined if there is none of the name. */
  logGroupTagsOf(name: string): Record<string, string> | undefined;
  /** ARN of the secret of an ARN or name. */
  secretArnOf(id: string): string | undefined;
}

/** A call, and what its resources are told by. */
export interface Call {
  request: AwsRequest;
  /** As the API calls it: `SendMessageBatch`. */
  operation: string;
  sources: AskSources;
  /** True if the caller may do a further action on which the answer to this call depends. */
  may: (ask: Ask) => boolean;
}
