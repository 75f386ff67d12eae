import * as aws from "@pulumi/aws";
import * as awsx from "@pulumi/awsx";
import * as pulumi from "@pulumi/pulumi";
import { BatchJobProcessorArgs } from "../args/BatchJobProcessorArgs";
import { defaults } from "../args/defaults";
import { secretServices } from "../args/secrets";

/**
 * Where workers live: the given subnets, or a VPC of the component's own. By default that has public subnets: without NAT
 * gateway and interface endpoints it costs nothing while no instance runs. With `privateWorkers` it has no way out but
 * endpoints for what workers call. Either way nothing can reach an instance, since its security group has no inbound rule.
 */
export class WorkerNetwork extends pulumi.ComponentResource {
  readonly vpcId: pulumi.Output<string>;
  readonly subnetIds: pulumi.Output<string[]>;
  /** Of all workers. */
  readonly securityGroup: aws.ec2.SecurityGroup;
  /** Whether instances get a public address to reach AWS with; undefined leaves it to the given subnets. */
  readonly assignsPublicIp: boolean | undefined;

  constructor(name: string, args: WorkerNetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("batch-job-processor:index:WorkerNetwork", name, {}, opts);
    if (args.vpcId !== undefined && args.subnetIds !== undefined) {
      this.vpcId = pulumi.output(args.vpcId);
      this.subnetIds = pulumi.output(args.subnetIds);
      this.securityGroup = this.createWorkerGroup(name, args.tags);
    } else {
      const isPrivate = args.privateWorkers ?? defaults.privateWorkers;
      const vpc = this.createVpc(name, isPrivate, args.tags);
      this.vpcId = vpc.vpcId;
      this.subnetIds = isPrivate ? vpc.isolatedSubnetIds : vpc.publicSubnetIds;
      this.assignsPublicIp = !isPrivate;
      this.securityGroup = this.createWorkerGroup(name, args.tags);
      if (isPrivate) this.createEndpoints(name, args, vpc);
    }
    this.registerOutputs();
  }

  private createVpc(name: string, isPrivate: boolean, tags?: aws.Tags): awsx.ec2.Vpc {
    return new awsx.ec2.Vpc(
      `${name}-vpc`,
      {
        numberOfAvailabilityZones: 2,
        natGateways: { strategy: "None" },
        subnetStrategy: "Auto",
        subnetSpecs: [{ type: isPrivate ? "Isolated" : "Public" }],
        enableDnsHostnames: true,
        tags,
      },
      { parent: this },
    );
  }

  /** No inbound rule: workers fetch their work. Handlers may call out to anywhere. */
  private createWorkerGroup(name: string, tags?: aws.Tags): aws.ec2.SecurityGroup {
    const everything = { protocol: "-1", fromPort: 0, toPort: 0 };
    return new aws.ec2.SecurityGroup(
      `${name}-workers`,
      {
        description: "Batch job workers: nothing comes in",
        vpcId: this.vpcId,
        egress: [{ description: "Anywhere", ...everything, cidrBlocks: ["0.0.0.0/0"], ipv6CidrBlocks: ["::/0"] }],
        tags,
      },
      { parent: this },
    );
  }

  private createEndpoints(name: string, args: WorkerNetworkArgs, vpc: awsx.ec2.Vpc): void {
    const { tags } = args;
    const child = { parent: this };
    const { region } = aws.getRegionOutput({}, child);
    const securityGroup = new aws.ec2.SecurityGroup(
      `${name}-endpoints`,
      {
        description: "Endpoints that batch job workers call",
        vpcId: this.vpcId,
        ingress: [
          {
            description: "Workers",
            protocol: "tcp",
            fromPort: 443,
            toPort: 443,
            securityGroups: [this.securityGroup.id],
          },
        ],
        tags,
      },
      child,
    );
    const routeTableIds = vpc.routeTables.apply((tables: aws.ec2.RouteTable[] | undefined) =>
      (tables ?? []).map(({ id }) => id),
    );
    for (const service of ["dynamodb", "s3"]) {
      new aws.ec2.VpcEndpoint(
        `${name}-${service}`,
        {
          vpcId: this.vpcId,
          serviceName: pulumi.interpolate`com.amazonaws.${region}.${service}`,
          vpcEndpointType: "Gateway",
          routeTableIds,
          tags,
        },
        child,
      );
    }
    for (const service of interfaceServices(args)) {
      new aws.ec2.VpcEndpoint(
        `${name}-${service.replace(".", "-")}`,
        {
          vpcId: this.vpcId,
          serviceName: region.apply((known) => `${interfacePrefix(known, service)}.${known}.${service}`),
          vpcEndpointType: "Interface",
          privateDnsEnabled: true,
          subnetIds: this.subnetIds,
          securityGroupIds: [securityGroup.id],
          tags,
        },
        child,
      );
    }
  }
}

type WorkerNetworkArgs = Pick<
  BatchJobProcessorArgs,
  | "vpcId"
  | "subnetIds"
  | "privateWorkers"
  | "sessionManager"
  | "scaling"
  | "events"
  | "secrets"
  | "registryCredentials"
  | "tags"
> &
  Partial<Pick<BatchJobProcessorArgs, "processors">>;

/** The services that workers call, but for those with gateway endpoints, which cost nothing. */
function interfaceServices(args: WorkerNetworkArgs): string[] {
  const { scaling = defaults.scaling, events = defaults.events, sessionManager } = args;
  const services = [
    "autoscaling",
    "ecr.api",
    "ecr.dkr",
    "logs",
    "sqs",
    ...(scaling === "scaler" ? ["lambda"] : []),
    ...(events ? ["sns"] : []),
    ...(sessionManager ? ["ssm", "ssmmessages"] : []),
    ...secretServices(args),
  ];
  return [...new Set(services)];
}

/** Of those in use, as `aws ec2 describe-vpc-endpoint-services` names them in China; AWS CDK keeps the same list. */
const namedApartInChina = ["autoscaling", "ecr.api", "ecr.dkr", "lambda", "sqs"];

/** A consumer's mocks may leave the region undefined, whatever its type says. */
function interfacePrefix(region: string | undefined, service: string): string {
  const isApart = String(region).startsWith("cn-") && namedApartInChina.includes(service);
  return isApart ? "cn.com.amazonaws" : "com.amazonaws";
}
