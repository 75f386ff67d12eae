import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { optionalNumber } from "../../properties";
import {
  arnOf,
  physicalName,
  randomHex,
  type ResourceContext,
  type ResourceHandler,
  type ResourceHandlers,
} from "../resource";

/** A resource that EC2 gives an id such as `sg-0123…`, and that has no behaviour here. */
function numbered(kind: string, prefix: string): ResourceHandler {
  return {
    create(inputs, context) {
      const id = `${prefix}-${randomHex(17)}`;
      const name = physicalName(inputs, context);
      return { id, state: { ...inputs, name, arn: arnOf(context.cloud, "ec2", `${kind}/${id}`) } };
    },
  };
}

const provider: ResourceHandler = {
  create: (inputs) => ({ id: randomUUID(), state: inputs }),
};

/** A resource of the random provider, whose `result` is its id too. */
function random(result: (length: number, context: ResourceContext) => string): ResourceHandler {
  return {
    create(inputs, context) {
      const text = result(optionalNumber(inputs, "length") ?? 8, context);
      return { id: text, state: { ...inputs, result: text } };
    },
  };
}

const randomId: ResourceHandler = {
  create(inputs) {
    const bytes = randomBytes(optionalNumber(inputs, "byteLength") ?? 4);
    const hex = bytes.toString("hex");
    const texts = {
      hex,
      dec: BigInt(`0x${hex}`).toString(),
      b64Std: bytes.toString("base64"),
      b64Url: bytes.toString("base64url"),
    };
    return { id: texts.b64Url, state: { ...inputs, ...texts } };
  },
};

const letters = "abcdefghijklmnopqrstuvwxyz0123456789";

const randomText = random((length) => Array.from({ length }, () => letters[randomInt(letters.length)]).join(""));

/** Resources that echo their inputs, with the id, name and ARN that AWS would give them. */
export const passive: ResourceHandlers = {
  "pulumi:providers:aws": provider,
  "pulumi:providers:awsx": provider,
  "pulumi:providers:random": provider,
  "aws:cloudwatch/queryDefinition:QueryDefinition": provider,
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": numbered("security-group", "sg"),
  "aws:ec2/flowLog:FlowLog": numbered("vpc-flow-log", "fl"),
  "aws:ec2/securityGroup:SecurityGroup": numbered("security-group", "sg"),
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": numbered("security-group-rule", "sgr"),
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": numbered("security-group-rule", "sgr"),
  "aws:ec2/vpcEndpoint:VpcEndpoint": numbered("vpc-endpoint", "vpce"),
  "aws:ec2/vpc:Vpc": numbered("vpc", "vpc"),
  "aws:ec2/subnet:Subnet": numbered("subnet", "subnet"),
  "aws:ec2/internetGateway:InternetGateway": numbered("internet-gateway", "igw"),
  "aws:ec2/routeTable:RouteTable": numbered("route-table", "rtb"),
  "aws:ec2/routeTableAssociation:RouteTableAssociation": numbered("route-table-association", "rtbassoc"),
  "aws:ec2/route:Route": numbered("route", "r"),
  "random:index/randomId:RandomId": randomId,
  "random:index/randomString:RandomString": randomText,
  "random:index/randomPassword:RandomPassword": randomText,
  "random:index/randomUuid:RandomUuid": random(() => randomUUID()),
  "random:index/randomPet:RandomPet": random((_length, { name }) => `${name}-pet-${randomHex(4)}`),
};
