import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";

/**
 * A value as the first deployment finds it. Later ones keep it, so that changes at AWS change nothing
 * here. Pulumi keeps looked-up values only in a resource: an SSM parameter, which costs nothing.
 */
export function pin(
  name: string,
  args: { value: pulumi.Input<string>; description: string; tags?: aws.Tags },
  parent: pulumi.Resource,
): pulumi.Output<string> {
  const { value: insecureValue, description, tags } = args;
  const parameter = new aws.ssm.Parameter(
    name,
    { type: "String", insecureValue, description, tags },
    { parent, ignoreChanges: ["insecureValue"] },
  );
  return parameter.insecureValue;
}
