import type { LaunchTemplateData } from "../../../autoScaling/launchTemplates";
import { optionalText, type Properties } from "../../../properties";
import { arnOf, physicalName, randomHex, type ResourceHandler } from "../../resource";

/** A change makes a further version, as it does on AWS. */
export const launchTemplate: ResourceHandler = {
  create(inputs, context) {
    const { cloud } = context;
    const id = `lt-${randomHex(17)}`;
    const name = physicalName(inputs, context);
    cloud.groups.templates.create(id, name, dataOf(inputs));
    const arn = arnOf(cloud, "ec2", `launch-template/${id}`);
    return { id, state: { ...inputs, name, arn, latestVersion: 1, defaultVersion: 1 } };
  },
  update(id, state, inputs, { cloud: { groups } }) {
    const isDefault = inputs.updateDefaultVersion === true;
    const latestVersion = groups.templates.addVersion(id, dataOf(inputs), { isDefault });
    const defaultVersion = groups.templates.defaultVersionOf(id);
    return { ...inputs, name: state.name, arn: state.arn, latestVersion, defaultVersion };
  },
  delete: (id, _state, { cloud }) => cloud.groups.templates.delete(id),
};

function dataOf(inputs: Properties): LaunchTemplateData {
  const { arn, name } = (inputs.iamInstanceProfile ?? {}) as { arn?: string; name?: string };
  return {
    userData: optionalText(inputs, "userData") ?? "",
    instanceProfile: arn ?? name,
    instanceType: optionalText(inputs, "instanceType"),
    imageId: optionalText(inputs, "imageId"),
  };
}
