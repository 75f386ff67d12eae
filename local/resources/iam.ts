import { arnOf, optionalText, physicalName, ResourceHandler, ResourceHandlers, text } from "./resource";

const role: ResourceHandler = {
  create(inputs, context) {
    const name = physicalName(inputs, context);
    return { id: name, state: { ...inputs, name, arn: arnOf(context.cloud, "iam", `role/${name}`, "") } };
  },
};

const rolePolicy: ResourceHandler = {
  create(inputs, context) {
    const name = physicalName(inputs, context);
    return { id: `${text(inputs, "role")}:${name}`, state: { ...inputs, name } };
  },
};

const rolePolicyAttachment: ResourceHandler = {
  create: (inputs, context) => ({ id: physicalName({}, context), state: inputs }),
};

const policy: ResourceHandler = {
  create(inputs, context) {
    const name = physicalName(inputs, context);
    const arn = arnOf(context.cloud, "iam", `policy/${name}`, "");
    return { id: arn, state: { ...inputs, name, arn } };
  },
};

const instanceProfile: ResourceHandler = {
  create(inputs, context) {
    const { cloud } = context;
    const name = physicalName(inputs, context);
    const arn = arnOf(cloud, "iam", `instance-profile/${name}`, "");
    const roleName = optionalText(inputs, "role");
    if (roleName) {
      const roleArn = arnOf(cloud, "iam", `role/${roleName}`, "");
      cloud.groups.profiles.set(arn, roleArn).set(name, roleArn);
    }
    return { id: name, state: { ...inputs, name, arn } };
  },
};

export const iam: ResourceHandlers = {
  "aws:iam/role:Role": role,
  "aws:iam/rolePolicy:RolePolicy": rolePolicy,
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": rolePolicyAttachment,
  "aws:iam/policy:Policy": policy,
  "aws:iam/instanceProfile:InstanceProfile": instanceProfile,
};
