import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import actionsByType from "batch-job-processor/deployer.json";

const config = new pulumi.Config();
/** The repository whose workflows deploy: `owner/name`. */
const repository = config.require("repository");
/** Name of the `BatchJobProcessor`, with which its roles' names begin. */
const component = config.require("component");
const issuer = "token.actions.githubusercontent.com";

const github = new aws.iam.OpenIdConnectProvider("github", {
  url: `https://${issuer}`,
  clientIdLists: ["sts.amazonaws.com"],
});

/** Jobs of the environment of this stack's name get the role, and no others: GitHub's rules for it protect both. */
const deployer = new aws.iam.Role("deployer", {
  assumeRolePolicy: pulumi.jsonStringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Action: "sts:AssumeRoleWithWebIdentity",
        Principal: { Federated: github.arn },
        Condition: {
          StringEquals: {
            [`${issuer}:aud`]: "sts.amazonaws.com",
            [`${issuer}:sub`]: `repo:${repository}:environment:${pulumi.getStack()}`,
          },
        },
      },
    ],
  }),
});

const actions = [...new Set(Object.values(actionsByType).flat())].sort();
const ofIam = actions.filter((action) => action.startsWith("iam:"));
const { accountId } = aws.getCallerIdentityOutput();
const named = (kind: string) => pulumi.interpolate`arn:aws:iam::${accountId}:${kind}/${component}-*`;

new aws.iam.RolePolicy("deployer", {
  role: deployer.name,
  policy: pulumi.jsonStringify({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: actions.filter((action) => !ofIam.includes(action)), Resource: "*" },
      { Effect: "Allow", Action: ofIam, Resource: [named("role"), named("instance-profile")] },
      {
        Effect: "Allow",
        Action: ["iam:CreateServiceLinkedRole"],
        Resource: pulumi.interpolate`arn:aws:iam::${accountId}:role/aws-service-role/*`,
      },
      // What the smoke test does.
      { Effect: "Allow", Action: "execute-api:Invoke", Resource: "*" },
    ],
  }),
});

export const roleArn = deployer.arn;
