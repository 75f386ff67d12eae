import * as aws from "@pulumi/aws";
import * as awsx from "@pulumi/awsx/ec2";
import * as pulumi from "@pulumi/pulumi";
import { type BatchJobProcessorArgs } from "../args/BatchJobProcessorArgs";
import { Egress } from "../args/choices";
import { defaults } from "../args/defaults";
import { type ProcessorSettings } from "../args/ProcessorArgs";
import { type DeployTarget } from "../aws/DeployTarget";
import { pin } from "../pulumi/pin";
import { chooseZones } from "./chooseZones";
import { fittingSubnets } from "./fittingSubnets";
import { createFlowLogs } from "./flowLogs";
import { InstanceOfferings } from "./InstanceOfferings";
import { createEndpoints, type EndpointArgs, interfaceServices, zonesOfEndpoints } from "./networkEndpoints";

export type WorkerNetworkArgs = Omit<EndpointArgs, "processors"> &
  Pick<BatchJobProcessorArgs, "network" | "logRetentionDays" | "kmsKey" | "tags"> & {
    processors: ProcessorSettings[];
    target: DeployTarget;
  };

/**
 * Network of the workers: the given subnets, or a VPC of the component's own. By default that has public subnets:
 * without NAT gateway and interface endpoints it costs nothing while no instance runs. With `privateWorkers` its only
 * way out is by endpoints for the workers' calls. In both, nothing can connect to an instance: its security group has
 * no inbound rule.
 */
export class WorkerNetwork extends pulumi.ComponentResource {
  readonly vpcId: pulumi.Output<string>;
  readonly subnetIds: pulumi.Output<string[]>;
  /** Security group of all workers. */
  readonly securityGroup: aws.ec2.SecurityGroup;
  /** Security groups of the workers' interfaces: that one and the given ones. */
  readonly securityGroupIds: pulumi.Output<string[]>;
  /** True if instances get a public address to reach AWS with; undefined leaves it to the given subnets. */
  readonly assignsPublicIp: boolean | undefined;
  /**
   * The resource that is made once its zones are known; resources that need the whole network depend on it beside the
   * component.
   */
  readonly ready: pulumi.Output<pulumi.Resource>;
  private readonly offerings: InstanceOfferings;
  /** Zone of each subnet, in their order; undefined if it isn't known. */
  private readonly zones: pulumi.Output<(string | undefined)[] | undefined>;
  private readonly choose: pulumi.Output<(processor: ProcessorSettings) => string[]>;

  constructor(
    name: string,
    private readonly args: WorkerNetworkArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("batch-job-processor:index:WorkerNetwork", name, {}, opts);
    const { network = {}, processors } = args;
    this.offerings = new InstanceOfferings(
      processors.flatMap(({ instanceTypes }) => instanceTypes),
      { parent: this },
    );
    if (network.vpcId !== undefined && network.subnetIds !== undefined) {
      this.vpcId = pulumi.output(network.vpcId);
      this.subnetIds = pulumi.output(network.subnetIds);
      this.zones = this.zonesOf(this.subnetIds);
      this.securityGroup = this.createWorkerGroup(name);
      this.ready = pulumi.output(this.securityGroup as pulumi.Resource);
    } else {
      const isPrivate = network.privateWorkers ?? defaults.network.privateWorkers;
      const services = isPrivate ? interfaceServices(args) : [];
      const zones = this.keptZones(name, isPrivate, services);
      const vpc = zones.apply((names) => this.createVpc(name, isPrivate, names));
      this.vpcId = vpc.vpcId;
      this.subnetIds = isPrivate ? vpc.isolatedSubnetIds : vpc.publicSubnetIds;
      // awsx makes subnets in the order of the zones.
      this.zones = zones;
      this.assignsPublicIp = !isPrivate;
      this.ready = vpc;
      this.securityGroup = this.createWorkerGroup(name);
      this.closeDefaultGroup(name);
      if (isPrivate) this.createEndpoints(name, services, vpc);
      if (network.flowLogs ?? defaults.network.flowLogs) this.createFlowLogs(name);
    }
    this.securityGroupIds = pulumi
      .all([this.securityGroup.id, network.securityGroupIds])
      .apply(([own, given = []]) => [own, ...given]);
    this.choose = pulumi.all([this.subnetIds, this.zones, this.offerings.offers]).apply(([ids, zones, offers]) => {
      // A consumer's mocks may know neither.
      if (!offers || !Array.isArray(ids)) return () => ids;
      const isEach = zones?.length === ids.length;
      const subnets = ids.map((id, index) => ({ id, zone: isEach ? zones[index] : undefined }));
      return (processor: ProcessorSettings) => fittingSubnets(processor, subnets, offers);
    });
    this.registerOutputs();
  }

  /** Subnets for a processor's instances: those whose zones offer one of its types. */
  subnetsFor(processor: ProcessorSettings): pulumi.Output<string[]> {
    return this.choose.apply((choose) => choose(processor));
  }

  /** Zones of the component's VPC, as the first deployment chose them; undefined if none were known. */
  private keptZones(name: string, isPrivate: boolean, services: string[]): pulumi.Output<string[] | undefined> {
    const { processors, target, tags } = this.args;
    const child = { parent: this };
    // Endpoints are billed per zone; public subnets cost nothing.
    const most = isPrivate ? 2 : 3;
    const ofEndpoints = isPrivate ? zonesOfEndpoints(services, target.region, child) : pulumi.output(undefined);
    const value = pulumi.all([this.offerings.offers, ofEndpoints]).apply(([offers = {}, everywhere]) => {
      const types = processors.map(({ instanceTypes }) => instanceTypes);
      const zones = chooseZones(types, offers, most, everywhere);
      return zones.length > 0 ? zones.join(",") : unknownZones;
    });
    const description = "Zones of the workers' network, chosen at the first deployment";
    return pin(`${name}-zones`, { value, description, tags }, this).apply((kept) =>
      kept === undefined || kept === unknownZones ? undefined : kept.split(","),
    );
  }

  private zonesOf(subnetIds: pulumi.Output<string[]>): pulumi.Output<(string | undefined)[] | undefined> {
    const zoneOf = (id: string) => aws.ec2.getSubnetOutput({ id }, { parent: this }).availabilityZone;
    return subnetIds.apply((ids) => pulumi.all(ids.map(zoneOf)));
  }

  private createVpc(name: string, isPrivate: boolean, zones: string[] | undefined): awsx.Vpc {
    const { tags } = this.args;
    return new awsx.Vpc(
      `${name}-vpc`,
      {
        ...(zones ? { availabilityZoneNames: zones } : { numberOfAvailabilityZones: 2 }),
        natGateways: { strategy: "None" },
        subnetStrategy: "Auto",
        subnetSpecs: [{ type: isPrivate ? "Isolated" : "Public" }],
        enableDnsHostnames: true,
        tags,
      },
      { parent: this },
    );
  }

  /** No inbound rule: workers fetch their work. */
  private createWorkerGroup(name: string): aws.ec2.SecurityGroup {
    const { network: { egress = defaults.network.egress } = {}, tags } = this.args;
    return new aws.ec2.SecurityGroup(
      `${name}-workers`,
      {
        description: "Batch job workers: nothing comes in",
        vpcId: this.vpcId,
        egress: [egress === Egress.Aws ? this.awsAlone() : anywhere],
        tags,
      },
      { parent: this },
    );
  }

  /** The VPC's own addresses, where interface endpoints are, and those behind gateway endpoints. */
  private awsAlone(): aws.types.input.ec2.SecurityGroupEgress {
    const child = { parent: this };
    const { region } = this.args.target;
    const prefixListIds = ["dynamodb", "s3"].map((service) => {
      const name = pulumi.interpolate`com.amazonaws.${region}.${service}`;
      return aws.ec2.getPrefixListOutput({ name }, child).id;
    });
    const { cidrBlockAssociations } = aws.ec2.getVpcOutput({ id: this.vpcId }, child);
    // A consumer's mocks may know none.
    const cidrBlocks = cidrBlockAssociations.apply((all = []) => all.map(({ cidrBlock }) => cidrBlock));
    return { description: "AWS's endpoints", protocol: "tcp", fromPort: 443, toPort: 443, cidrBlocks, prefixListIds };
  }

  /**
   * The default security group of a VPC lets its members reach each other and the world; without rules it lets nothing
   * through.
   */
  private closeDefaultGroup(name: string): void {
    const { tags } = this.args;
    new aws.ec2.DefaultSecurityGroup(`${name}-default`, { vpcId: this.vpcId, tags }, { parent: this });
  }

  private createEndpoints(name: string, services: string[], vpc: pulumi.Output<awsx.Vpc>): void {
    const { target, tags } = this.args;
    const routeTableIds = vpc.routeTables.apply((tables: aws.ec2.RouteTable[] | undefined) =>
      (tables ?? []).map(({ id }) => id),
    );
    const { vpcId, subnetIds, securityGroup: workers } = this;
    createEndpoints(name, { vpcId, subnetIds, routeTableIds, workers, services, region: target.region, tags }, this);
  }

  private createFlowLogs(name: string): void {
    const { logRetentionDays: retentionInDays = defaults.logRetentionDays, target, kmsKey, tags } = this.args;
    const { vpcId } = this;
    createFlowLogs(`${name}-flow`, { vpcId, retentionInDays, account: target.account, kmsKey, tags }, this);
  }
}

/** Marks zones that could not be read: awsx then takes the region's first ones. */
const unknownZones = "unknown";

const anywhere: aws.types.input.ec2.SecurityGroupEgress = {
  description: "Anywhere",
  protocol: "-1",
  fromPort: 0,
  toPort: 0,
  cidrBlocks: ["0.0.0.0/0"],
  ipv6CidrBlocks: ["::/0"],
};
