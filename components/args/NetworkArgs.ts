import type * as pulumi from "@pulumi/pulumi";
import { type Egress } from "./choices";

/** Network of the workers, and the addresses that they may call. */
export interface NetworkArgs {
  /** VPC of the workers, with `subnetIds`. @default - a VPC of the component's @example "vpc-0123456789abcdef0" */
  vpcId?: pulumi.Input<string>;
  /**
   * Subnets of the workers, with `vpcId`; they need a way to AWS's endpoints. A fleet uses those whose zones offer its
   * instance types.
   * @default - those of the component's VPC
   * @example ["subnet-0123456789abcdef0"]
   */
  subnetIds?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Security groups of the workers beside the component's own, of `vpcId`, up to 15: for instance one that a database
   * lets in.
   * @default - none
   * @example ["sg-0123456789abcdef0"]
   */
  securityGroupIds?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Gives the component's VPC private subnets, with endpoints for the workers' calls: they cost money while idle, see
   * docs/network.md. Not with `vpcId`.
   * @default false
   * @example true
   */
  privateWorkers?: boolean;
  /**
   * Addresses that the component's security group lets workers call: `any`, or `aws`: port 443 of the VPC's own
   * addresses, which include its endpoints, and of S3 and DynamoDB. `aws` needs `privateWorkers`, or a `vpcId` with
   * endpoints.
   * @default any
   * @example "aws"
   */
  egress?: Egress;
  /**
   * Keeps flow logs of the component's VPC for `logRetentionDays`; CloudWatch Logs bills them by size.
   * @default false
   * @example true
   */
  flowLogs?: boolean;
}
