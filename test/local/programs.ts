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
