import type { HttpEvent } from "./http";

/**
 * The request's path within the API: slashes that stand together are one, and one at the end is none. A stage's name, which
 * API Gateway leaves in front, is taken off, and so is the base path of a custom domain where the path is none without that.
 */
export function pathWithin(
  { rawPath, requestContext: { stage, apiId, domainName } }: HttpEvent,
  isKnown: (path: string) => boolean,
): string {
  const all = rawPath.split("/").filter((step) => step !== "");
  const steps = all[0] !== undefined && all[0] === stage ? all.slice(1) : all;
  const pathFrom = (index: number) => `/${steps.slice(index).join("/")}`;
  const isOwnDomain = apiId !== undefined && domainName?.startsWith(`${apiId}.`);
  const path = pathFrom(0);
  if (isOwnDomain || isKnown(path) || isKnown(`/${steps[0]}`)) return path;
  for (let taken = 1; taken <= maxBaseSteps && taken < steps.length; taken++) {
    if (isKnown(pathFrom(taken))) return pathFrom(taken);
  }
  return path;
}

/** As many steps as a base path is likely to have. */
const maxBaseSteps = 5;
