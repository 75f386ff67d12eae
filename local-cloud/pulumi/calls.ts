import { accountId } from "../account";
import type { LocalCloud } from "../cloud";
import { type Properties, text } from "../properties";
import { policyDocument } from "./policyDocument";

type FunctionCall = (inputs: Properties, cloud: LocalCloud) => Properties;

const zonesIn = (region: string) => ["a", "b", "c"].map((letter) => region + letter);

/** Answers to the program's function calls, by token. */
export const calls: Record<string, FunctionCall> = {
  "aws:index/getRegion:getRegion": (_inputs, { region }) => ({
    id: region,
    region,
    name: region,
    description: "The local cloud",
    endpoint: `ec2.${region}.amazonaws.com`,
  }),
  "aws:index/getCallerIdentity:getCallerIdentity": () => ({
    id: accountId,
    accountId,
    arn: `arn:aws:iam::${accountId}:user/local`,
    userId: "LOCAL",
  }),
  "aws:index/getPartition:getPartition": () => ({
    id: "aws",
    partition: "aws",
    dnsSuffix: "amazonaws.com",
    reverseDnsPrefix: "com.amazonaws",
  }),
  "aws:index/getAvailabilityZones:getAvailabilityZones": (_inputs, { region }) => ({
    id: region,
    names: zonesIn(region),
    zoneIds: [1, 2, 3].map((number) => `local-az${number}`),
  }),
  // Every type is offered everywhere: instances are processes of this machine.
  "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": (inputs, { region }) => {
    const filters = (inputs.filters ?? []) as { name: string; values: string[] }[];
    const types = filters.filter(({ name }) => name === "instance-type").flatMap(({ values }) => values);
    const offered = types.flatMap((type) => zonesIn(region).map((zone) => [type, zone] as const));
    return {
      ...inputs,
      id: region,
      instanceTypes: offered.map(([type]) => type),
      locations: offered.map(([, zone]) => zone),
      locationTypes: offered.map(() => "availability-zone"),
    };
  },
  // Instances have no machine image here, and so no age.
  "aws:ec2/getAmi:getAmi": (inputs) => inputs,
  "aws:index/getDefaultTags:getDefaultTags": (inputs) => ({ ...inputs, id: "local", tags: {} }),
  "aws:ec2/getSubnet:getSubnet": (inputs, { region }) => ({ ...inputs, availabilityZone: zonesIn(region)[0] }),
  "aws:ec2/getVpc:getVpc": (inputs) => {
    const cidrBlock = "10.0.0.0/16";
    return {
      ...inputs,
      cidrBlock,
      cidrBlockAssociations: [{ associationId: "local", cidrBlock, state: "associated" }],
    };
  },
  "aws:ec2/getPrefixList:getPrefixList": (inputs) => {
    const id = `pl-${text(inputs, "name").split(".").pop()}`;
    return { ...inputs, id, cidrBlocks: [] };
  },
  "aws:ec2/getVpcEndpointService:getVpcEndpointService": (inputs, { region }) => ({
    ...inputs,
    id: text(inputs, "serviceName"),
    availabilityZones: zonesIn(region),
  }),
  "aws:ssm/getParameter:getParameter": (inputs, { region, recommendedImage }) => {
    const name = text(inputs, "name");
    const value = /image_id|ami/.test(name) ? recommendedImage : "local";
    const arn = `arn:aws:ssm:${region}:${accountId}:parameter/${name.replace(/^\//, "")}`;
    return { ...inputs, id: name, arn, name, type: "String", value, insecureValue: value, version: 1 };
  },
  "aws:iam/getPolicyDocument:getPolicyDocument": (inputs) => {
    const document = policyDocument(inputs);
    return {
      ...inputs,
      id: "local",
      json: JSON.stringify(document, undefined, 2),
      minifiedJson: JSON.stringify(document),
    };
  },
};
