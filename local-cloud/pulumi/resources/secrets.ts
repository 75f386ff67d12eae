import { randomUUID } from "node:crypto";
import { optionalText, text } from "../../properties";
import { parameterArn } from "../../secrets/secretStore";
import { arnOf, physicalName, putHandler, randomHex, type ResourceHandler, type ResourceHandlers } from "../resource";

const secret: ResourceHandler = {
  create(inputs, context) {
    const { cloud } = context;
    const name = physicalName(inputs, context);
    const arn = arnOf(cloud, "secretsmanager", `secret:${name}-${randomHex(6)}`);
    cloud.secrets.addSecret(arn, name);
    return { id: arn, state: { ...inputs, name, arn } };
  },
  update: (_id, { arn, name }, inputs) => ({ ...inputs, arn, name }),
  delete: (id, _state, { cloud }) => cloud.secrets.deleteSecret(id),
};

const secretVersion: ResourceHandler = {
  create(inputs, { cloud }) {
    const secretId = text(inputs, "secretId");
    const stored = cloud.secrets.findSecret(secretId);
    if (!stored) throw new Error(`Expected \`secretId\` as the id of a secret, got ${JSON.stringify(secretId)}`);
    const base64 = optionalText(inputs, "secretBinary");
    const value = optionalText(inputs, "secretString");
    if ((base64 === undefined) === (value === undefined)) {
      throw new Error("Expected one of `secretString` and `secretBinary`");
    }
    const id = randomUUID();
    stored.version = { id, text: value, base64 };
    const state = { ...inputs, arn: stored.arn, versionId: id, versionStages: ["AWSCURRENT"] };
    return { id: `${stored.arn}|${id}`, state };
  },
  delete(_id, state, { cloud }) {
    const stored = cloud.secrets.findSecret(text(state, "secretId"));
    // A version that was replaced by another is gone already.
    if (stored?.version?.id === state.versionId) stored!.version = undefined;
  },
};

const parameter = putHandler(
  (inputs, context, before) => {
    const { secrets: store, region } = context.cloud;
    const name = before?.id ?? physicalName(inputs, context);
    const type = text(inputs, "type");
    const value = optionalText(inputs, "value") ?? text(inputs, "insecureValue");
    const arn = parameterArn(region, name);
    const { version } = store.putParameter({ arn, name, type, value });
    return { id: name, state: { ...inputs, name, arn, type, value, version, dataType: "text" } };
  },
  (_id, state, { cloud }) => cloud.secrets.deleteParameter(text(state, "arn")),
);

export const secrets: ResourceHandlers = {
  "aws:secretsmanager/secret:Secret": secret,
  "aws:secretsmanager/secretVersion:SecretVersion": secretVersion,
  "aws:ssm/parameter:Parameter": parameter,
};
