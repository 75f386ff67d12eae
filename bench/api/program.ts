import { join } from "node:path";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { BatchJobProcessor } from "../../components";

export const jobType = "word-count";

/** The measured component, and the peer beside it. */
export interface BenchOutputs {
  url: string;
  queueUrls: Record<string, string>;
  peerUrl: string;
}

/** The component with one type whose worker is there from the start, and the peer. */
export function program(): Record<keyof BenchOutputs, pulumi.Input<unknown>> {
  const jobs = new BatchJobProcessor("bench", {
    processors: [{ name: jobType, handler: jobType, minInstances: 1, maxInstances: 1, slots: 20, prefetch: 20 }],
    image: "worker:bench",
    network: { vpcId: "vpc-1", subnetIds: ["subnet-1"] },
  });
  return { url: jobs.url, queueUrls: jobs.queueUrls, peerUrl: createPeer() };
}

function policy(statement: object): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", ...statement }] });
}

function createPeer(): pulumi.Output<string> {
  const queue = new aws.sqs.Queue("peer");
  const role = new aws.iam.Role("peer", {
    assumeRolePolicy: policy({ Action: "sts:AssumeRole", Principal: { Service: "lambda.amazonaws.com" } }),
    inlinePolicies: [
      { name: "send", policy: queue.arn.apply((arn) => policy({ Action: "sqs:SendMessage", Resource: arn })) },
    ],
  });
  const handler = new aws.lambda.Function("peer", {
    code: new pulumi.asset.AssetArchive({ "index.js": new pulumi.asset.FileAsset(join(__dirname, "peer.js")) }),
    handler: "index.handler",
    role: role.arn,
    runtime: "nodejs22.x",
    timeout: 15,
    memorySize: 512,
    environment: { variables: { QUEUE_URL: queue.url } },
  });
  const api = new aws.apigatewayv2.Api("peer", { protocolType: "HTTP" });
  const integration = new aws.apigatewayv2.Integration("peer", {
    apiId: api.id,
    integrationType: "AWS_PROXY",
    integrationUri: handler.invokeArn,
    payloadFormatVersion: "2.0",
  });
  new aws.lambda.Permission("peer", {
    action: "lambda:InvokeFunction",
    function: handler.name,
    principal: "apigateway.amazonaws.com",
    sourceArn: pulumi.interpolate`${api.executionArn}/*/$default`,
  });
  const target = pulumi.interpolate`integrations/${integration.id}`;
  new aws.apigatewayv2.Route("peer", { apiId: api.id, routeKey: "$default", target });
  return new aws.apigatewayv2.Stage("peer", { apiId: api.id, name: "$default", autoDeploy: true }).invokeUrl;
}
