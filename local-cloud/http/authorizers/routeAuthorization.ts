import { type Properties, text } from "../../properties";

/** Authorization that a route of an HTTP API requires ("CreateRoute", Amazon API Gateway Version 2 API Reference). */
export type RouteAuthorization =
  { type: "NONE" } | { type: "AWS_IAM" } | { type: "JWT"; authorizerId: string; scopes: string[] };

/** @throws Error if the route requires something that the local cloud can't check */
export function readRouteAuthorization(inputs: Properties): RouteAuthorization {
  const { authorizationType: type = "NONE", authorizationScopes: scopes = [] } = inputs;
  if (type === "NONE" || type === "AWS_IAM") return { type };
  if (type === "JWT") return { type, authorizerId: text(inputs, "authorizerId"), scopes: scopes as string[] };
  const got = JSON.stringify(type);
  throw new Error(
    `Expected \`authorizationType\` NONE, AWS_IAM or JWT where the local cloud enforces authorization, got ${got}`,
  );
}
