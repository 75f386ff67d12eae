import { accountId } from "../../account";
import { text } from "../../properties";
import { randomHex, type ResourceHandler, type ResourceHandlers } from "../resource";

const standardZones = 2;

const vpc: ResourceHandler = {
  create(inputs) {
    const vpcId = `vpc-${randomHex(17)}`;
    const { availabilityZoneNames, numberOfAvailabilityZones = standardZones } = inputs;
    const zones = Array.isArray(availabilityZoneNames)
      ? availabilityZoneNames.length
      : Number(numberOfAvailabilityZones);
    const subnets = () => Array.from({ length: zones }, () => `subnet-${randomHex(17)}`);
    return {
      id: vpcId,
      state: { ...inputs, vpcId, publicSubnetIds: subnets(), privateSubnetIds: subnets(), isolatedSubnetIds: [] },
    };
  },
};

const repository: ResourceHandler = {
  create(inputs, { cloud, name }) {
    const url = `${accountId}.dkr.ecr.${cloud.region}.amazonaws.com/${name}-${randomHex(7)}`;
    return { id: url, state: { ...inputs, url } };
  },
};

/** Nothing is built: instances run the worker itself. */
const image: ResourceHandler = {
  create(inputs) {
    const imageUri = `${text(inputs, "repositoryUrl")}@sha256:${randomHex(64)}`;
    return { id: imageUri, state: { ...inputs, imageUri } };
  },
};

/** Components that another process would build in a real deployment; here each is one resource. */
export const awsx: ResourceHandlers = {
  "awsx:ec2:Vpc": vpc,
  "awsx:ecr:Repository": repository,
  "awsx:ecr:Image": image,
};
