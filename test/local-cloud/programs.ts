import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** A Lambda function whose module is the given text. */
export function codeFunction(
  name: string,
  code: string,
  args: Partial<aws.lambda.FunctionArgs> = {},
  opts: pulumi.CustomResourceOptions = {},
): aws.lambda.Function {
  const given = {
    code: new pulumi.asset.AssetArchive({ "__index.js": new pulumi.asset.StringAsset(code) }),
    handler: "__index.handler",
    runtime: "nodejs22.x",
    role: "arn:aws:iam::000000000000:role/test",
    timeout: 10,
    ...args,
  };
  return new aws.lambda.Function(name, given, opts);
}

/** Trust policy that lets a service act in a role. */
export function trustIn(...services: string[]): string {
  const Principal = { Service: services.map((service) => `${service}.amazonaws.com`) };
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal, Action: "sts:AssumeRole" }],
  });
}

/** ARN of a role that a function, a machine or a schedule may act in, and do these things. */
export function roleThatMay(name: string, actions: string[], resource: pulumi.Input<string>): pulumi.Output<string> {
  const role = new aws.iam.Role(name, { assumeRolePolicy: trustIn("lambda", "ec2", "scheduler") });
  const policy = new aws.iam.RolePolicy(name, {
    role: role.name,
    policy: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: actions, Resource: resource }] },
  });
  return pulumi.all([role.arn, policy.id]).apply(([arn]) => arn);
}

/** Lets a service invoke the function, on behalf of the source. */
export function letInvoke(
  name: string,
  fn: aws.lambda.Function,
  service: "sns" | "events" | "apigateway" | "s3",
  sourceArn: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions = {},
): aws.lambda.Permission {
  const args = { action: "lambda:InvokeFunction", function: fn.name, principal: `${service}.amazonaws.com`, sourceArn };
  return new aws.lambda.Permission(name, args, opts);
}

/** Lets the topic send to the queue. */
export function letSend(name: string, queue: aws.sqs.Queue, topic: aws.sns.Topic): aws.sqs.QueuePolicy {
  const statement = {
    Effect: "Allow",
    Principal: { Service: "sns.amazonaws.com" },
    Action: "sqs:SendMessage",
    Resource: queue.arn,
    Condition: { ArnEquals: { "aws:SourceArn": topic.arn } },
  };
  const policy = pulumi.jsonStringify({ Version: "2012-10-17", Statement: [statement] });
  return new aws.sqs.QueuePolicy(name, { queueUrl: queue.url, policy });
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
