import { randomUUID } from "node:crypto";
import { readEnvironment } from "../../components/userData";
import type { LocalCloud } from "../cloud";
import type { LifecycleHook } from "../group";
import type { LaunchTemplate } from "../groups";
import {
  arnOf,
  optionalNumber,
  optionalText,
  physicalName,
  Properties,
  randomHex,
  ResourceHandler,
  ResourceHandlers,
} from "./resource";

const launchTemplate: ResourceHandler = {
  create(inputs, context) {
    const { cloud } = context;
    const id = `lt-${randomHex(17)}`;
    const name = physicalName(inputs, context);
    const { arn, name: profileName } = (inputs.iamInstanceProfile ?? {}) as { arn?: string; name?: string };
    const template = {
      id,
      name,
      userData: optionalText(inputs, "userData") ?? "",
      instanceProfile: arn ?? profileName,
    };
    cloud.groups.templates.set(id, template).set(name, template);
    const state = {
      ...inputs,
      name,
      arn: arnOf(cloud, "ec2", `launch-template/${id}`),
      latestVersion: 1,
      defaultVersion: 1,
    };
    return { id, state };
  },
};

const group: ResourceHandler = {
  create(inputs, context) {
    const { cloud } = context;
    const name = physicalName(inputs, context);
    const template = templateOf(cloud, inputs);
    const arn = arnOf(cloud, "autoscaling", `autoScalingGroup:${randomUUID()}:autoScalingGroupName/${name}`);
    const { desiredCapacity } = cloud.groups.create({
      name,
      arn,
      minSize: optionalNumber(inputs, "minSize") ?? 0,
      maxSize: optionalNumber(inputs, "maxSize") ?? 0,
      desiredCapacity: optionalNumber(inputs, "desiredCapacity") ?? 0,
      hooks: hooksOf(inputs),
      environment: () => readEnvironment(Buffer.from(template.userData, "base64").toString()),
      roleArn: cloud.groups.profiles.get(template.instanceProfile ?? ""),
    });
    return { id: name, state: { ...inputs, name, arn, desiredCapacity } };
  },
  async delete(id, _state, { cloud }) {
    await cloud.groups.delete(id);
  },
};

export const autoscaling: ResourceHandlers = {
  "aws:ec2/launchTemplate:LaunchTemplate": launchTemplate,
  "aws:autoscaling/group:Group": group,
};

interface HookInput {
  name: string;
  lifecycleTransition: string;
  defaultResult?: string;
  heartbeatTimeout?: number;
}

function hooksOf(inputs: Properties): LifecycleHook[] {
  return ((inputs.initialLifecycleHooks ?? []) as HookInput[]).map((hook) => ({
    name: hook.name,
    transition: hook.lifecycleTransition.endsWith("TERMINATING") ? "terminating" : "launching",
    heartbeatSeconds: Number(hook.heartbeatTimeout ?? 3_600),
    isAbandonedByDefault: hook.defaultResult !== "CONTINUE",
  }));
}

function templateOf(cloud: LocalCloud, inputs: Properties): LaunchTemplate {
  const plain = inputs.launchTemplate as { id?: string; name?: string } | undefined;
  const mixed = inputs.mixedInstancesPolicy as
    | { launchTemplate?: { launchTemplateSpecification?: { launchTemplateId?: string; launchTemplateName?: string } } }
    | undefined;
  const specification = mixed?.launchTemplate?.launchTemplateSpecification;
  const key = plain?.id ?? plain?.name ?? specification?.launchTemplateId ?? specification?.launchTemplateName;
  const template = cloud.groups.templates.get(key ?? "");
  if (!template) throw new Error(`Expected a launch template that was deployed, got ${key ?? "none"}`);
  return template;
}
