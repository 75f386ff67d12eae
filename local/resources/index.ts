import { apigatewayv2 } from "./apigatewayv2";
import { autoscaling } from "./autoscaling";
import { awsx } from "./awsx";
import { dynamodb } from "./dynamodb";
import { ecr } from "./ecr";
import { events } from "./events";
import { iam } from "./iam";
import { lambda } from "./lambda";
import { passive } from "./passive";
import { calls as allCalls } from "./calls";
import { checkLimits, checkRegion } from "./limits";
import type { ResourceHandler, ResourceHandlers } from "./resource";
import { s3 } from "./s3";
import { scheduler } from "./scheduler";
import { secrets } from "./secrets";
import { sns } from "./sns";
import { sqs } from "./sqs";

const all: ResourceHandlers = {
  ...sqs,
  ...sns,
  ...dynamodb,
  ...s3,
  ...lambda,
  ...apigatewayv2,
  ...autoscaling,
  ...events,
  ...scheduler,
  ...secrets,
  ...iam,
  ...ecr,
  ...passive,
  ...awsx,
};

/** Every resource type that the local cloud knows. */
export const resources: ResourceHandlers = Object.fromEntries(
  Object.entries(all).map(([type, handler]) => [type, limited(handler)]),
);

/** Every function that the local cloud knows. */
export const calls: typeof allCalls = Object.fromEntries(
  Object.entries(allCalls).map(([token, call]) => [
    token,
    (inputs, cloud) => {
      checkRegion(inputs, cloud.region);
      return call(inputs, cloud);
    },
  ]),
);

function limited(handler: ResourceHandler): ResourceHandler {
  return {
    ...handler,
    create(inputs, context) {
      checkLimits(inputs, context);
      return handler.create(inputs, context);
    },
    ...(handler.update && {
      update(id, state, inputs, context) {
        checkLimits(inputs, context);
        return handler.update!(id, state, inputs, context);
      },
    }),
  };
}
