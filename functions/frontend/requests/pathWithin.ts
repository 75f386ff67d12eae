import type { HttpEvent } from "./http";

/**
 * The request's path within the API: repeated slashes count as one, and a trailing one is dropped. The stage's name,
 * which API Gateway leaves in front, is stripped, and so is a custom domain's base path if the path is unknown with it.
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

/** Longest base path that is likely, in segments. */
const maxBaseSteps = 5;
