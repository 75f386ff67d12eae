import { optionalText, text } from "../../properties";
import { arnOf, jsonText, physicalName, putHandler, type ResourceHandler, type ResourceHandlers } from "../resource";

const role = putHandler(
  (inputs, context, before) => {
    const { iam } = context.cloud;
    const name = before?.id ?? physicalName(inputs, context);
    const arn = arnOf(context.cloud, "iam", `role/${name}`, "");
    if (inputs.permissionsBoundary) throw new Error("The local cloud can't enforce a `permissionsBoundary`");
    iam.roles.put(name, arn, jsonText(inputs.assumeRolePolicy));
    const inline = (inputs.inlinePolicies ?? []) as { name?: string; policy?: string }[];
    for (const each of inline) if (each.policy) iam.roles.putInline(name, each.name ?? "inline", each.policy);
    for (const managed of (inputs.managedPolicyArns ?? []) as string[]) iam.roles.attach(name, managed);
    return { id: name, state: { ...inputs, name, arn } };
  },
  (id, _state, { cloud }) => cloud.iam.roles.delete(id),
);

const rolePolicy: ResourceHandler = {
  create(inputs, context) {
    const name = physicalName(inputs, context);
    context.cloud.iam.roles.putInline(text(inputs, "role"), name, inputs.policy);
    return { id: `${text(inputs, "role")}:${name}`, state: { ...inputs, name } };
  },
  async update(id, state, inputs, context) {
    if (inputs.role !== state.role) await rolePolicy.delete!(id, state, context);
    context.cloud.iam.roles.putInline(text(inputs, "role"), text(state, "name"), inputs.policy);
    return { ...inputs, name: state.name };
  },
  delete: (_id, state, { cloud }) => cloud.iam.roles.deleteInline(text(state, "role"), text(state, "name")),
};

const rolePolicyAttachment: ResourceHandler = {
  create(inputs, context) {
    context.cloud.iam.roles.attach(text(inputs, "role"), text(inputs, "policyArn"));
    return { id: physicalName({}, context), state: inputs };
  },
  delete: (_id, state, { cloud }) => cloud.iam.roles.detach(text(state, "role"), text(state, "policyArn")),
};

const policy = putHandler(
  (inputs, context, before) => {
    const name = before ? text(before.state, "name") : physicalName(inputs, context);
    const arn = before?.id ?? arnOf(context.cloud, "iam", `policy/${name}`, "");
    context.cloud.iam.roles.putManaged(arn, inputs.policy);
    return { id: arn, state: { ...inputs, name, arn } };
  },
  (id, _state, { cloud }) => cloud.iam.roles.deleteManaged(id),
);

const instanceProfile: ResourceHandler = {
  create(inputs, context) {
    const { cloud } = context;
    const name = physicalName(inputs, context);
    const arn = arnOf(cloud, "iam", `instance-profile/${name}`, "");
    const roleName = optionalText(inputs, "role");
    if (roleName) {
      const roleArn = arnOf(cloud, "iam", `role/${roleName}`, "");
      cloud.iam.roles.profiles.set(arn, roleArn).set(name, roleArn);
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
