import { apigatewayv2 } from "./apigatewayv2";
import { autoscaling } from "./autoscaling";
import { awsx } from "./awsx";
import { dynamodb } from "./dynamodb";
import { ecr } from "./ecr";
import { events } from "./events";
import { iam } from "./iam";
import { lambda } from "./lambda";
import { passive } from "./passive";
import type { ResourceHandlers } from "./resource";
import { s3 } from "./s3";
import { scheduler } from "./scheduler";
import { sns } from "./sns";
import { sqs } from "./sqs";

export { calls } from "./calls";

/** Every resource type that the local cloud knows. */
export const resources: ResourceHandlers = {
  ...sqs,
  ...sns,
  ...dynamodb,
  ...s3,
  ...lambda,
  ...apigatewayv2,
  ...autoscaling,
  ...events,
  ...scheduler,
  ...iam,
  ...ecr,
  ...passive,
  ...awsx,
};
