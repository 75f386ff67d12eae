import * as aws from "@pulumi/aws";
import * as awsx from "@pulumi/awsx";
import * as pulumi from "@pulumi/pulumi";
import { BatchJobProcessorArgs } from "./BatchJobProcessorArgs";

/**
 * Where workers live: the given subnets, or a VPC of public subnets. A VPC without NAT gateway and interface endpoints
 * costs nothing while no instance runs; nothing can reach an instance, since its security group has no inbound rule.
 */
export class WorkerNetwork extends pulumi.ComponentResource {
  readonly vpcId: pulumi.Output<string>;
  readonly subnetIds: pulumi.Output<string[]>;
  /** Whether instances need a public address to reach AWS; undefined leaves it to the given subnets. */
  readonly assignsPublicIp: boolean | undefined;

  constructor(
    name: string,
    args: Pick<BatchJobProcessorArgs, "vpcId" | "subnetIds" | "tags">,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("batch-job-processor:index:WorkerNetwork", name, {}, opts);
    if (args.vpcId !== undefined && args.subnetIds !== undefined) {
      this.vpcId = pulumi.output(args.vpcId);
      this.subnetIds = pulumi.output(args.subnetIds);
    } else {
      const vpc = this.createVpc(name, args.tags);
      this.vpcId = vpc.vpcId;
      this.subnetIds = vpc.publicSubnetIds;
      this.assignsPublicIp = true;
    }
    this.registerOutputs();
  }

  private createVpc(name: string, tags?: aws.Tags): awsx.ec2.Vpc {
    return new awsx.ec2.Vpc(
      `${name}-vpc`,
      {
        numberOfAvailabilityZones: 2,
        natGateways: { strategy: "None" },
        subnetStrategy: "Auto",
        subnetSpecs: [{ type: "Public" }],
        enableDnsHostnames: true,
        tags,
      },
      { parent: this },
    );
  }
}
