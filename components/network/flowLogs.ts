import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { type KmsKey } from "../aws/encryption";
import { deliverFlowLogs } from "../aws/permissions";
import { createRole } from "../aws/roles";

export interface FlowLogsArgs {
  vpcId: pulumi.Input<string>;
  retentionInDays: number;
  /** Account of the flow logs, the only one for which the service may act. */
  account: pulumi.Input<string>;
  kmsKey?: KmsKey;
  tags?: aws.Tags;
}

/** The flow logs of a VPC, accepted and refused traffic alike, in a log group of their own. */
export function createFlowLogs(name: string, args: FlowLogsArgs, parent: pulumi.Resource): void {
  const { vpcId, retentionInDays, account, kmsKey, tags } = args;
  const logGroup = new aws.cloudwatch.LogGroup(`${name}-logs`, { retentionInDays, kmsKeyId: kmsKey, tags }, { parent });
  const { role, policy } = createRole(
    name,
    {
      service: "vpc-flow-logs.amazonaws.com",
      sourceAccount: account,
      statements: deliverFlowLogs(logGroup.arn),
      tags,
    },
    { parent },
  );
  new aws.ec2.FlowLog(
    `${name}-log`,
    { vpcId, trafficType: "ALL", logDestination: logGroup.arn, iamRoleArn: role.arn, tags },
    { parent, dependsOn: [policy] },
  );
}
