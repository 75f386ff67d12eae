import type * as pulumi from "@pulumi/pulumi";

/** Outputs of AWS's resources that this package reads, and `tags`, for which programs' own transformations look. */
const kept = ["arn", "executionArn", "invokeArn", "invokeUrl", "latestVersion", "name", "tags", "url", "version"];

/**
 * Leaves out the outputs of AWS's resources that nothing reads. Pulumi makes some 30 promises for each, read or not:
 * see docs/decisions/0004-short-stack-traces.md.
 */
export const withoutUnread: pulumi.ResourceTransformation = ({ type, props, opts }) => {
  if (!type.startsWith("aws:")) return undefined;
  const read = Object.entries(props as object).filter(([name, value]) => value !== undefined || kept.includes(name));
  return { props: Object.fromEntries(read), opts };
};
