import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { fleetTag, fleetTagValue } from "../../contract/fleet/state";

export interface LogGroupArgs {
  retentionInDays: number;
  /** Part of the deployment that writes its log there: a type, or `functions`. */
  part: string;
  fleetTable: aws.dynamodb.Table;
  kmsKey?: pulumi.Input<string> | undefined;
  tags?: aws.Tags | undefined;
}

/** A log group with the tag of this deployment, by which the function `operator` may read it. */
export function createLogGroup(
  name: string,
  { retentionInDays, part, fleetTable, kmsKey, tags }: LogGroupArgs,
  opts: pulumi.ResourceOptions,
): aws.cloudwatch.LogGroup {
  const tag = fleetTable.name.apply((table) => fleetTagValue(table, part));
  return new aws.cloudwatch.LogGroup(
    `${name}-logs`,
    { retentionInDays, kmsKeyId: kmsKey, tags: { ...tags, [fleetTag]: tag } },
    opts,
  );
}
