import type { JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import type { Registered, Registration, ResourceMonitor } from "./resourceMonitor";
import { reference, unknown, unwrap, type WireProperties } from "./wire";

export interface Construction {
  name: string;
  type: string;
  parent: string;
  inputs: WireProperties;
  dependencies: string[];
  providers: Record<string, string>;
  monitor: ResourceMonitor;
  region: string;
}

interface Constructed {
  urn: string;
  outputs: WireProperties;
}

/** Registers a child of the component, or of another child. */
type Register = (
  child: Pick<Registration, "type" | "name" | "parent"> & { inputs: WireProperties },
) => Promise<Registered>;

/** Registers a component's children, with awsx's names and parents, and resolves to its outputs. */
type Build = (
  inputs: WireProperties,
  component: Construction & { urn: string },
  register: Register,
) => Promise<WireProperties>;

/** Registers a remote component of awsx and all its children. */
export async function constructAwsx(construction: Construction): Promise<Constructed> {
  const { type, name, parent, dependencies, providers, monitor } = construction;
  const build = components[type];
  if (!build) throw new Error(`The local cloud doesn't know the component ${type}`);
  const { urn } = await monitor.register({ type, name, parent, dependencies, providers });
  const register: Register = (child) => monitor.register({ ...child, dependencies, providers });
  const outputs = await build(unwrap(construction.inputs) as WireProperties, { ...construction, urn }, register);
  await monitor.registerOutputs(urn, outputs);
  return { urn, outputs };
}

const zoneCount = 2;

const vpc: Build = async (inputs, { name, urn, region }, register) => {
  const specs = (inputs.subnetSpecs ?? [{ type: "Public" }, { type: "Private" }]) as { type: string }[];
  const strategy = (inputs.natGateways as { strategy?: string } | undefined)?.strategy;
  if (strategy !== "None") throw new Error(`Expected no NAT gateways in the local cloud, got strategy ${strategy}`);
  const zoneNames = (inputs.availabilityZoneNames ??
    [..."abcdef"]
      .slice(0, Number(inputs.numberOfAvailabilityZones ?? zoneCount))
      .map((letter) => region + letter)) as string[];
  const zones = zoneNames.length;
  const { enableDnsHostnames } = inputs;
  const tags = { Name: name, ...(inputs.tags as WireProperties | undefined) };
  const own = await register({
    type: "aws:ec2/vpc:Vpc",
    name,
    parent: urn,
    inputs: { cidrBlock: "10.0.0.0/16", enableDnsHostnames: enableDnsHostnames ?? false, tags },
  });
  const vpcId = idOf(own);
  const child = { parent: own.urn };
  const gateway = await register({
    type: "aws:ec2/internetGateway:InternetGateway",
    name,
    ...child,
    inputs: { vpcId, tags },
  });
  const subnets: { id: string; type: string; routeTable: Registered }[] = [];
  for (const [at, { type }] of specs.entries()) {
    for (let zone = 0; zone < zones; zone++) {
      const place = { vpcId, gatewayId: idOf(gateway), parent: own.urn, tags };
      const cidrBlock = `10.0.${(at * zones + zone) * 16}.0/20`;
      const availabilityZone = zoneNames[zone]!;
      subnets.push(
        await subnet(
          `${name}-${type.toLowerCase()}-${zone + 1}`,
          type,
          { ...place, cidrBlock, availabilityZone },
          register,
        ),
      );
    }
  }
  const idsOf = (type: string) => subnets.filter((each) => each.type === type).map(({ id }) => id);
  return {
    vpcId,
    publicSubnetIds: idsOf("Public"),
    privateSubnetIds: idsOf("Private"),
    isolatedSubnetIds: idsOf("Isolated"),
    routeTables: subnets.map(({ routeTable }) => reference(routeTable.urn, idOf(routeTable))),
  };
};

async function subnet(
  name: string,
  type: string,
  place: {
    parent: string;
    vpcId: string;
    gatewayId: string;
    cidrBlock: string;
    availabilityZone: string;
    tags: WireProperties;
  },
  register: Register,
): Promise<{ id: string; type: string; routeTable: Registered }> {
  const { vpcId, cidrBlock, availabilityZone } = place;
  const tags = { ...place.tags, Name: name, SubnetType: type };
  const own = await register({
    type: "aws:ec2/subnet:Subnet",
    name,
    parent: place.parent,
    inputs: { vpcId, cidrBlock, availabilityZone, mapPublicIpOnLaunch: type === "Public", tags },
  });
  const inputs = { vpcId, tags };
  const routeTable = await register({ type: "aws:ec2/routeTable:RouteTable", name, parent: own.urn, inputs });
  const routeTableId = idOf(routeTable);
  const inTable = { name, parent: routeTable.urn };
  await register({
    ...inTable,
    type: "aws:ec2/routeTableAssociation:RouteTableAssociation",
    inputs: { routeTableId, subnetId: idOf(own) },
  });
  if (type === "Public") {
    const route = { routeTableId, gatewayId: place.gatewayId, destinationCidrBlock: "0.0.0.0/0" };
    await register({ ...inTable, type: "aws:ec2/route:Route", inputs: route });
  }
  return { id: idOf(own), type, routeTable };
}

const repository: Build = async ({ lifecyclePolicy, ...inputs }, { name, urn }, register) => {
  const child = { name: name.toLowerCase(), parent: urn };
  const own = await register({ ...child, type: "aws:ecr/repository:Repository", inputs });
  const policy = JSON.stringify(lifecyclePolicy ?? {});
  await register({
    ...child,
    type: "aws:ecr/lifecyclePolicy:LifecyclePolicy",
    inputs: { repository: known(own.state.name), policy },
  });
  return { url: known(own.state.repositoryUrl) };
};

const image: Build = async (
  { repositoryUrl, imageTag, context, dockerfile, platform, args },
  { name, urn },
  register,
) => {
  const tag = repositoryUrl === unknown ? unknown : `${text(repositoryUrl)}:${text(imageTag ?? name)}`;
  const own = await register({
    type: "docker-build:index:Image",
    name: text(imageTag ?? name),
    parent: urn,
    inputs: {
      tags: [tag],
      context: { location: context ?? "." },
      dockerfile: { location: dockerfile ?? null },
      buildArgs: args ?? null,
      platforms: platform === undefined ? [] : [platform],
      push: true,
    },
  });
  const digest = known(own.state.digest);
  const isKnown = digest !== unknown && repositoryUrl !== unknown;
  return { imageUri: isKnown ? `${text(repositoryUrl)}@${text(digest)}` : unknown };
};

const components: Record<string, Build> = {
  "awsx:ec2:Vpc": vpc,
  "awsx:ecr:Repository": repository,
  "awsx:ecr:Image": image,
};

/** A preview has no ids of future resources. */
function idOf({ id }: Registered): string {
  return id === "" ? unknown : id;
}

function known(value: JavaScriptValue | undefined): JavaScriptValue {
  return value ?? unknown;
}

function text(value: JavaScriptValue | undefined): string {
  if (typeof value !== "string") throw new Error(`Expected a text, got ${JSON.stringify(value)}`);
  return value;
}
