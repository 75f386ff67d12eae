import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type BatchJobProcessorArgs } from "../args/BatchJobProcessorArgs";
import { defaults } from "../args/defaults";
import { secretServices } from "../args/secrets";

/** Inputs that change the services which private workers call. */
export type EndpointArgs = Pick<BatchJobProcessorArgs, "sessionManager" | "events" | "secrets" | "traces"> &
  Partial<Pick<BatchJobProcessorArgs, "processors">>;

/** Services that workers call, less those with gateway endpoints, which cost nothing. */
export function interfaceServices(args: EndpointArgs): string[] {
  const { events = defaults.events, sessionManager } = args;
  const services = [
    "autoscaling",
    "ecr.api",
    "ecr.dkr",
    "logs",
    "sqs",
    "lambda",
    ...(events ? ["sns"] : []),
    ...(sessionManager ? ["ssm", "ssmmessages"] : []),
    ...secretServices(args),
  ];
  return [...new Set(services)];
}

/** Zones in which all of the services have interface endpoints; undefined if they aren't known. */
export function zonesOfEndpoints(
  services: string[],
  region: pulumi.Input<string>,
  opts: pulumi.InvokeOptions,
): pulumi.Output<string[] | undefined> {
  const found = services.map((service) => {
    const serviceName = interfaceName(region, service);
    return aws.ec2.getVpcEndpointServiceOutput({ serviceName, serviceType: "Interface" }, opts);
  });
  return pulumi.all(found).apply((all) => {
    const zones = (all as Partial<aws.ec2.GetVpcEndpointServiceResult>[]).map(
      ({ availabilityZones }) => availabilityZones,
    );
    const known = zones.filter((each) => each !== undefined);
    return known.length === 0 ? undefined : known[0]!.filter((zone) => known.every((each) => each.includes(zone)));
  });
}

/** Creates the endpoints through which private workers call AWS, and the security group that admits them. */
export function createEndpoints(
  name: string,
  args: {
    vpcId: pulumi.Input<string>;
    subnetIds: pulumi.Input<string[]>;
    routeTableIds: pulumi.Input<pulumi.Input<string>[]>;
    workers: aws.ec2.SecurityGroup;
    services: string[];
    region: pulumi.Input<string>;
    tags?: aws.Tags;
  },
  parent: pulumi.Resource,
): void {
  const { vpcId, subnetIds, routeTableIds, workers, services, region, tags } = args;
  const ingress = { description: "Workers", protocol: "tcp", fromPort: 443, toPort: 443, securityGroups: [workers.id] };
  const securityGroup = new aws.ec2.SecurityGroup(
    `${name}-endpoints`,
    { description: "Endpoints that batch job workers call", vpcId, ingress: [ingress], tags },
    { parent },
  );
  const createEndpoint = (service: string, endpoint: Omit<aws.ec2.VpcEndpointArgs, "vpcId" | "tags">) =>
    new aws.ec2.VpcEndpoint(`${name}-${service.replace(".", "-")}`, { vpcId, ...endpoint, tags }, { parent });
  for (const service of ["dynamodb", "s3"]) {
    const serviceName = pulumi.interpolate`com.amazonaws.${region}.${service}`;
    createEndpoint(service, { serviceName, vpcEndpointType: "Gateway", routeTableIds });
  }
  for (const service of services) {
    createEndpoint(service, {
      serviceName: interfaceName(region, service),
      vpcEndpointType: "Interface",
      privateDnsEnabled: true,
      subnetIds,
      securityGroupIds: [securityGroup.id],
    });
  }
}

/** Of those in use, as `aws ec2 describe-vpc-endpoint-services` names them in China; AWS CDK keeps the same list. */
const namedApartInChina = ["autoscaling", "ecr.api", "ecr.dkr", "lambda", "sqs"];

function interfaceName(region: pulumi.Input<string>, service: string): pulumi.Output<string> {
  // A consumer's mocks may leave the region undefined, despite its type.
  return pulumi.output(region as pulumi.Input<string | undefined>).apply((known) => {
    const isApart = String(known).startsWith("cn-") && namedApartInChina.includes(service);
    return `${isApart ? "cn." : ""}com.amazonaws.${known}.${service}`;
  });
}
