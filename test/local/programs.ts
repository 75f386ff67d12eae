import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** A Lambda function whose module is the given text. */
export function codeFunction(
  name: string,
  code: string,
  args: Partial<aws.lambda.FunctionArgs> = {},
): aws.lambda.Function {
  return new aws.lambda.Function(name, {
    code: new pulumi.asset.AssetArchive({ "__index.js": new pulumi.asset.StringAsset(code) }),
    handler: "__index.handler",
    runtime: "nodejs22.x",
    role: "arn:aws:iam::000000000000:role/test",
    timeout: 10,
    ...args,
  });
}

/** A launch template whose user data gives the worker these variables. */
export function workerTemplate(
  name: string,
  variables: Record<string, string> = {},
  args: aws.ec2.LaunchTemplateArgs = {},
): aws.ec2.LaunchTemplate {
  const lines = Object.entries(variables).map(([key, value]) => `${key}=${value}\n`);
  const script = `#!/bin/bash\ncat > /etc/batch-job-worker/environment <<'ENVIRONMENT'\n${lines.join("")}ENVIRONMENT\n`;
  return new aws.ec2.LaunchTemplate(name, { userData: Buffer.from(script).toString("base64"), ...args });
}

/** An Auto Scaling group that is pinned to its template's latest version. */
export function workerGroup(
  name: string,
  template: aws.ec2.LaunchTemplate,
  args: Omit<aws.autoscaling.GroupArgs, "launchTemplate">,
): aws.autoscaling.Group {
  const launchTemplate = { id: template.id, version: template.latestVersion.apply(String) };
  return new aws.autoscaling.Group(name, { launchTemplate, ...args });
}

/** A hook for each end of an instance's life: `launching` and `terminating`. */
export function bothHooks(heartbeatTimeout = 30): aws.types.input.autoscaling.GroupInitialLifecycleHook[] {
  return ["LAUNCHING", "TERMINATING"].map((transition) => ({
    name: transition.toLowerCase(),
    lifecycleTransition: `autoscaling:EC2_INSTANCE_${transition}`,
    defaultResult: "ABANDON",
    heartbeatTimeout,
  }));
}
