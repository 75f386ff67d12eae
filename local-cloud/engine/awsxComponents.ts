import type { JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import type { Registered, ResourceMonitor } from "./resourceMonitor";
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
type Register = (type: string, name: string, inputs: WireProperties, parent: string) => Promise<Registered>;

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
  const register: Register = (childType, childName, inputs, childParent) =>
    monitor.register({ type: childType, name: childName, parent: childParent, inputs, dependencies, providers });
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
  const enableDnsHostnames = inputs.enableDnsHostnames ?? false;
  const tags = { Name: name, ...(inputs.tags as WireProperties | undefined) };
  const own = await register("aws:ec2/vpc:Vpc", name, { cidrBlock: "10.0.0.0/16", enableDnsHostnames, tags }, urn);
  const vpcId = idOf(own);
  const gateway = await register("aws:ec2/internetGateway:InternetGateway", name, { vpcId, tags }, own.urn);
  const subnets: { id: string; type: string; routeTable: Registered }[] = [];
  for (const [at, { type }] of specs.entries()) {
    for (let zone = 0; zone < zones; zone++) {
      const cidrBlock = `10.0.${(at * zones + zone) * 16}.0/20`;
      const place = { vpcId, cidrBlock, availabilityZone: zoneNames[zone]!, tags };
      const ids = { gatewayId: idOf(gateway), parent: own.urn };
      subnets.push(await subnet(`${name}-${type.toLowerCase()}-${zone + 1}`, type, place, ids, register));
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
  place: { vpcId: string; cidrBlock: string; availabilityZone: string; tags: WireProperties },
  { gatewayId, parent }: { gatewayId: string; parent: string },
  register: Register,
): Promise<{ id: string; type: string; routeTable: Registered }> {
  const tags = { ...place.tags, Name: name, SubnetType: type };
  const inputs = { ...place, mapPublicIpOnLaunch: type === "Public", tags };
  const own = await register("aws:ec2/subnet:Subnet", name, inputs, parent);
  const routeTable = await register("aws:ec2/routeTable:RouteTable", name, { vpcId: place.vpcId, tags }, own.urn);
  const routeTableId = idOf(routeTable);
  const association = { routeTableId, subnetId: idOf(own) };
  await register("aws:ec2/routeTableAssociation:RouteTableAssociation", name, association, routeTable.urn);
  if (type === "Public") {
    const route = { routeTableId, gatewayId, destinationCidrBlock: "0.0.0.0/0" };
    await register("aws:ec2/route:Route", name, route, routeTable.urn);
  }
  return { id: idOf(own), type, routeTable };
}

const repository: Build = async ({ lifecyclePolicy, ...inputs }, { name, urn }, register) => {
  const own = await register("aws:ecr/repository:Repository", name.toLowerCase(), inputs, urn);
  const policy = { repository: known(own.state.name), policy: JSON.stringify(lifecyclePolicy ?? {}) };
  await register("aws:ecr/lifecyclePolicy:LifecyclePolicy", name.toLowerCase(), policy, urn);
  return { url: known(own.state.repositoryUrl) };
};

const image: Build = async (
  { repositoryUrl, imageTag, context, dockerfile, platform, args },
  { name, urn },
  register,
) => {
  const tag = repositoryUrl === unknown ? unknown : `${text(repositoryUrl)}:${text(imageTag ?? name)}`;
  const inputs = {
    tags: [tag],
    context: { location: context ?? "." },
    dockerfile: { location: dockerfile ?? null },
    buildArgs: args ?? null,
    platforms: platform === undefined ? [] : [platform],
    push: true,
  };
  const own = await register("docker-build:index:Image", text(imageTag ?? name), inputs, urn);
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
