import type { CorsConfiguration } from "../httpCors";
import { arnOf, physicalName, Properties, randomHex, ResourceHandler, ResourceHandlers, text } from "./resource";

const api: ResourceHandler = {
  async create(inputs, context) {
    const { cloud } = context;
    const name = physicalName(inputs, context);
    if (inputs.protocolType !== "HTTP")
      throw new Error(`Expected \`protocolType\` HTTP, got ${String(inputs.protocolType)}`);
    const created = await cloud.apis.create(name);
    const { id, address } = created;
    created.cors = corsOf(inputs);
    const arns = {
      arn: `arn:aws:apigateway:${cloud.region}::/apis/${id}`,
      executionArn: arnOf(cloud, "execute-api", id),
    };
    return { id, state: { ...inputs, ...arns, name, apiEndpoint: address } };
  },
  update(id, state, inputs, { cloud }) {
    cloud.apis.get(id).cors = corsOf(inputs);
    return Promise.resolve({ ...state, ...inputs });
  },
  async delete(id, _state, { cloud }) {
    await cloud.apis.delete(id);
  },
};

function corsOf({ corsConfiguration }: Properties): CorsConfiguration {
  const [first] = Array.isArray(corsConfiguration) ? (corsConfiguration as unknown[]) : [corsConfiguration];
  return (first ?? {}) as CorsConfiguration;
}

const integration: ResourceHandler = {
  create(inputs, { cloud }) {
    const id = randomHex(7);
    if (inputs.integrationType !== "AWS_PROXY") {
      throw new Error(
        `Expected \`integrationType\` AWS_PROXY in the local cloud, got ${String(inputs.integrationType)}`,
      );
    }
    cloud.apis.get(text(inputs, "apiId")).integrations.set(id, text(inputs, "integrationUri"));
    return { id, state: inputs };
  },
  update(id, _state, inputs, { cloud }) {
    cloud.apis.get(text(inputs, "apiId")).integrations.set(id, text(inputs, "integrationUri"));
    return Promise.resolve(inputs);
  },
  delete(id, state, { cloud }) {
    cloud.apis.get(text(state, "apiId")).integrations.delete(id);
    return Promise.resolve();
  },
};

const route: ResourceHandler = {
  create(inputs, { cloud }) {
    const integrationId = text(inputs, "target").replace(/^integrations\//, "");
    cloud.apis.get(text(inputs, "apiId")).routes.set(text(inputs, "routeKey"), integrationId);
    return { id: randomHex(7), state: inputs };
  },
  delete(_id, state, { cloud }) {
    cloud.apis.get(text(state, "apiId")).routes.delete(text(state, "routeKey"));
    return Promise.resolve();
  },
};

const stage: ResourceHandler = {
  create(inputs, context) {
    const name = physicalName(inputs, context);
    const target = context.cloud.apis.get(text(inputs, "apiId"));
    target.stage = name;
    const invokeUrl = `${target.address}/${name === "$default" ? "" : name}`;
    const arn = `arn:aws:apigateway:${context.cloud.region}::/apis/${target.id}/stages/${name}`;
    return {
      id: name,
      state: {
        ...inputs,
        name,
        arn,
        invokeUrl,
        executionArn: arnOf(context.cloud, "execute-api", `${target.id}/${name}`),
      },
    };
  },
};

/** Not enforced: the local API answers whoever reaches the loopback interface. */
const authorizer: ResourceHandler = {
  create: (inputs, context) => ({ id: randomHex(6), state: { ...inputs, name: physicalName(inputs, context) } }),
};

export const apigatewayv2: ResourceHandlers = {
  "aws:apigatewayv2/api:Api": api,
  "aws:apigatewayv2/integration:Integration": integration,
  "aws:apigatewayv2/route:Route": route,
  "aws:apigatewayv2/stage:Stage": stage,
  "aws:apigatewayv2/authorizer:Authorizer": authorizer,
};
