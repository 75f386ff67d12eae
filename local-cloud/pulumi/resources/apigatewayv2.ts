import { readJwtAuthorizer } from "../../http/authorizers/jwtAuthorizer";
import { readRouteAuthorization } from "../../http/authorizers/routeAuthorization";
import type { HttpApis } from "../../http/httpApis";
import type { CorsConfiguration } from "../../http/httpCors";
import { type Properties, text } from "../../properties";
import { arnOf, physicalName, putHandler, randomHex, type ResourceHandler, type ResourceHandlers } from "../resource";

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
    return { ...state, ...inputs };
  },
  delete: (id, _state, { cloud }) => cloud.apis.delete(id),
};

function corsOf({ corsConfiguration }: Properties): CorsConfiguration {
  const [first] = Array.isArray(corsConfiguration) ? (corsConfiguration as unknown[]) : [corsConfiguration];
  return first ?? {};
}

const integration = putHandler(
  (inputs, { cloud }, before) => {
    const id = before?.id ?? randomHex(7);
    if (inputs.integrationType !== "AWS_PROXY") {
      throw new Error(
        `Expected \`integrationType\` AWS_PROXY in the local cloud, got ${String(inputs.integrationType)}`,
      );
    }
    cloud.apis.get(text(inputs, "apiId")).integrations.set(id, text(inputs, "integrationUri"));
    return { id, state: inputs };
  },
  (id, state, { cloud }) => void cloud.apis.get(text(state, "apiId")).integrations.delete(id),
);

const route: ResourceHandler = {
  create(inputs, { cloud }) {
    putRoute(cloud.apis, inputs);
    return { id: randomHex(7), state: inputs };
  },
  update(_id, state, inputs, { cloud }) {
    putRoute(cloud.apis, inputs);
    if (state.routeKey !== inputs.routeKey) deleteRoute(cloud.apis, state);
    return inputs;
  },
  delete: (_id, state, { cloud }) => deleteRoute(cloud.apis, state),
};

function putRoute(apis: HttpApis, inputs: Properties): void {
  const integrationId = text(inputs, "target").replace(/^integrations\//, "");
  const authorization = apis.isEnforcing ? readRouteAuthorization(inputs) : ({ type: "NONE" } as const);
  apis.get(text(inputs, "apiId")).putRoute(text(inputs, "routeKey"), { integrationId, authorization });
}

function deleteRoute(apis: HttpApis, state: Properties): void {
  apis.get(text(state, "apiId")).deleteRoute(text(state, "routeKey"));
}

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

/** Without enforcement it may be of any kind. */
const authorizer = putHandler(
  (inputs, context, before) => {
    const { apis } = context.cloud;
    const id = before?.id ?? randomHex(6);
    if (apis.isEnforcing) apis.get(text(inputs, "apiId")).putAuthorizer(id, readJwtAuthorizer(inputs));
    return { id, state: { ...inputs, name: before?.state.name ?? physicalName(inputs, context) } };
  },
  (id, state, { cloud }) => cloud.apis.get(text(state, "apiId")).deleteAuthorizer(id),
);

export const apigatewayv2: ResourceHandlers = {
  "aws:apigatewayv2/api:Api": api,
  "aws:apigatewayv2/integration:Integration": integration,
  "aws:apigatewayv2/route:Route": route,
  "aws:apigatewayv2/stage:Stage": stage,
  "aws:apigatewayv2/authorizer:Authorizer": authorizer,
};
