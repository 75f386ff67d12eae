import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { json, resolve } from "../pulumi/json";
import { fitName } from "./fitName";
import type { PolicyStatement, Statements } from "./permissions";

/** A policy document of the statements. */
export function policyDocument(statements: Statements): pulumi.Output<string> {
  return resolve(statements, (list) =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: (list as PolicyStatement[]).flat().map((statement) => ({ Effect: "Allow", ...statement })),
    }),
  );
}

/**
 * A resource policy that denies calls over plain HTTP, beside the given statements. SNS takes no wildcard here: it
 * refuses a policy whose actions aren't all those of a topic ("Policy statement action out of service scope").
 */
export function tlsOnlyPolicy(
  actions: "sqs:*" | "s3:*" | ("sns:Publish" | "sns:Subscribe")[],
  resources: string[],
  statements: object[] = [],
): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "DenyPlainHttp",
        Effect: "Deny",
        Principal: "*",
        Action: actions,
        Resource: resources,
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
      ...statements,
    ],
  });
}

function trustIn(service: string, sourceAccount?: pulumi.Input<string>): pulumi.Input<string> {
  const statement = { Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" };
  const document = (more: object) => ({ Version: "2012-10-17", Statement: [{ ...statement, ...more }] });
  if (sourceAccount === undefined) return JSON.stringify(document({}));
  return json(document({ Condition: { StringEquals: { "aws:SourceAccount": sourceAccount } } }));
}

/** A role for one AWS service, with its statements as its single inline policy. */
export function createRole(
  name: string,
  args: {
    service: "lambda.amazonaws.com" | "ec2.amazonaws.com" | "scheduler.amazonaws.com" | "vpc-flow-logs.amazonaws.com";
    /** The only account for which the service may act; for services that act for many accounts. */
    sourceAccount?: pulumi.Input<string>;
    statements: Statements;
    /** True if the role's deletion removes its policies, those of other resources included. */
    forceDetachPolicies?: boolean;
    tags?: aws.Tags;
  },
  opts: pulumi.ResourceOptions,
): { role: aws.iam.Role; policy: aws.iam.RolePolicy } {
  const role = new aws.iam.Role(
    `${name}-role`,
    {
      ...fitName(`${name}-role`, 64),
      assumeRolePolicy: trustIn(args.service, args.sourceAccount),
      forceDetachPolicies: args.forceDetachPolicies,
      tags: args.tags,
    },
    opts,
  );
  const policy = new aws.iam.RolePolicy(
    `${name}-policy`,
    { role: role.name, policy: policyDocument(args.statements) },
    opts,
  );
  return { role, policy };
}
