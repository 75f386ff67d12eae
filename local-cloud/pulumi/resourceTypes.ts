import { checkLimits } from "./limits";
import type { ResourceHandler, ResourceHandlers } from "./resource";
import { apigatewayv2 } from "./resources/apigatewayv2";
import { autoscaling } from "./resources/autoScaling/autoscaling";
import { awsx } from "./resources/awsx";
import { cloudwatch } from "./resources/cloudwatch";
import { dynamodb } from "./resources/dynamodb";
import { ecr } from "./resources/ecr";
import { events } from "./resources/events";
import { iam } from "./resources/iam";
import { lambda } from "./resources/lambda";
import { logGroup } from "./resources/logGroup";
import { passive } from "./resources/passive";
import { s3 } from "./resources/s3";
import { scheduler } from "./resources/scheduler";
import { secrets } from "./resources/secrets";
import { sns } from "./resources/sns";
import { sqs } from "./resources/sqs";

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
  "aws:cloudwatch/logGroup:LogGroup": logGroup,
  ...cloudwatch,
  ...passive,
  ...awsx,
};

/** Every resource type that the local cloud knows. */
export const resources: ResourceHandlers = Object.fromEntries(
  Object.entries(all).map(([type, handler]) => [type, limited(handler)]),
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
