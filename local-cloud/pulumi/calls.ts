import { accountId } from "../account";
import type { LocalCloud } from "../cloud";
import { policyDocument } from "./policyDocument";
import { Properties, text } from "./resource";

type FunctionCall = (inputs: Properties, cloud: LocalCloud) => Properties;

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
    names: ["a", "b", "c"].map((letter) => region + letter),
    zoneIds: [1, 2, 3].map((number) => `local-az${number}`),
  }),
  "aws:ssm/getParameter:getParameter": (inputs, { region }) => {
    const name = text(inputs, "name");
    const value = /image_id|ami/.test(name) ? "ami-00000000000000000" : "local";
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
