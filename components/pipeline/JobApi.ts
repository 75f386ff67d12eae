import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Route, Scope } from "../../contract/http/route";
import { routes } from "../../contract/http/routes";
import { type TokenRules } from "../../contract/http/tokenRules";
import { type BatchJobProcessorArgs } from "../args/BatchJobProcessorArgs";
import { type Authorization } from "../args/choices";
import { defaults } from "../args/defaults";
import { type JwtArgs } from "../args/JwtArgs";
import {
  announceTo,
  invoke,
  keepPayloads,
  listRecords,
  publishTo,
  readFleets,
  readJobTypes,
  readListed,
  schedule,
  submitRecords,
} from "../aws/permissions";
import { type JobSchedules } from "./JobSchedules";
import { type JobTables } from "./JobTables";
import { type FunctionSettings, LambdaFunction } from "./LambdaFunction";

export type JobApiArgs = Omit<BatchJobProcessorArgs, "processors"> &
  FunctionSettings & {
    topic: aws.sns.Topic;
    /** Topic of final job states. */
    eventsTopic?: aws.sns.Topic;
    schedules: JobSchedules;
    tables: JobTables;
    /** Function that counts types again for a job that waits long. */
    scaler: aws.lambda.Function;
    /** Function that answers the routes marked as its own. */
    operator: aws.lambda.Function;
  };

/**
 * The HTTP API, whose routes pass every request to the front-end Lambda: those of the table, which authorise by scope,
 * and `$default` for all else, so that the front end answers unknown paths and methods, too.
 */
export class JobApi extends pulumi.ComponentResource {
  readonly url: pulumi.Output<string>;
  readonly apiId: pulumi.Output<string>;
  readonly stage: pulumi.Output<string>;
  readonly frontend: LambdaFunction;

  constructor(name: string, args: JobApiArgs, opts?: pulumi.ComponentResourceOptions) {
    super("batch-job-processor:index:JobApi", name, {}, opts);
    const child = { parent: this };
    this.frontend = this.createFrontend(name, args);
    const api = new aws.apigatewayv2.Api(
      `${name}-http`,
      { protocolType: "HTTP", corsConfiguration: corsConfiguration(args), tags: args.tags },
      child,
    );
    const created = this.createRoutes(name, api, args);
    const sourceArn = pulumi.interpolate`${api.executionArn}/*`;
    const caller = { principal: "apigateway.amazonaws.com", sourceArn };
    const permission = this.frontend.permit(`${name}-invoke`, caller, child);
    const stage = this.createStage(name, api, args, [...created, permission]);
    this.url = stage.invokeUrl;
    this.apiId = api.id;
    this.stage = stage.name;
    this.registerOutputs();
  }

  private createRoutes(name: string, api: aws.apigatewayv2.Api, args: JobApiArgs): aws.apigatewayv2.Route[] {
    const child = { parent: this };
    const integration = new aws.apigatewayv2.Integration(
      `${name}-integration`,
      {
        apiId: api.id,
        integrationType: "AWS_PROXY",
        integrationMethod: "POST",
        integrationUri: this.frontend.target.invokeArn,
        payloadFormatVersion: "2.0",
      },
      child,
    );
    const target = pulumi.interpolate`integrations/${integration.id}`;
    const authorizationOf = this.authorization(name, api, args);
    const createRoute = (suffix: string, routeKey: string, authorization: RouteAuthorization) =>
      new aws.apigatewayv2.Route(`${name}-${suffix}`, { apiId: api.id, routeKey, target, ...authorization }, child);
    const created = [createRoute("route", "$default", authorizationOf())];
    for (const { method, path, scope } of Object.values<Route>(routes)) {
      const suffix = `${method}${path}`.toLowerCase().replace(/\W+/g, "-").replace(/-$/, "");
      created.push(createRoute(`route-${suffix}`, `${method} ${path}`, authorizationOf(scope)));
    }
    // A browser sends preflight requests without authorization, which `$default` would require ("Configure CORS for
    // HTTP APIs in API Gateway").
    if (args.cors && schemeOf(args) !== "none") {
      created.push(createRoute("preflight", "OPTIONS /{proxy+}", { authorizationType: "NONE" }));
    }
    return created;
  }

  private createFrontend(name: string, args: JobApiArgs): LambdaFunction {
    const { schedules } = args;
    const { records, payloads, keepsPayloads, types, fleets } = args.tables;
    return new LambdaFunction(
      `${name}-frontend`,
      {
        ...args,
        ...args.frontend,
        code: "frontend",
        environment: {
          TOPIC_ARN: args.topic.arn,
          TYPE_TABLE: types.name,
          SCHEDULE_GROUP: schedules.group.name,
          SCHEDULE_ROLE_ARN: schedules.role.arn,
          SCHEDULE_DEAD_LETTER_ARN: schedules.deadLetterArn,
          ...(args.eventsTopic && { EVENTS_TOPIC_ARN: args.eventsTopic.arn }),
          ...(records && { JOB_TABLE: records.name }),
          ...(payloads && { PAYLOAD_TABLE: payloads.name }),
          ...(keepsPayloads && { KEEP_PAYLOADS: "1" }),
          FLEET_TABLE: fleets.name,
          ...(args.jwt && { TOKEN_RULES: tokenRules(args.jwt) }),
          OPERATOR_FUNCTION: args.operator.name,
          SCALER_FUNCTION: args.scaler.name,
        },
        statements: [
          publishTo(args.topic.arn),
          ...schedule("ScheduleJobs", schedules.arnsOf(), schedules.role.arn),
          ...(args.eventsTopic ? [announceTo(args.eventsTopic.arn)] : []),
          readJobTypes(types.arn, "dynamodb:Scan"),
          ...(records ? [submitRecords(records.arn), listRecords(records.arn), readListed(records.arn)] : []),
          readFleets(fleets.arn),
          ...(payloads ? [keepPayloads(payloads.arn)] : []),
          invoke("Operate", args.operator.arn),
          invoke("CountTypes", args.scaler.arn),
        ],
      },
      { parent: this },
    );
  }

  /** Authorization of the routes by their scope, and of those without one. */
  private authorization(
    name: string,
    api: aws.apigatewayv2.Api,
    args: JobApiArgs,
  ): (scope?: Scope) => RouteAuthorization {
    const { jwt } = args;
    if (!jwt) return () => ({ authorizationType: schemeOf(args) === "none" ? "NONE" : "AWS_IAM" });
    const authorizer = new aws.apigatewayv2.Authorizer(
      `${name}-authorizer`,
      {
        apiId: api.id,
        authorizerType: "JWT",
        identitySources: ["$request.header.Authorization"],
        jwtConfiguration: { issuer: jwt.issuer, audiences: jwt.audiences },
      },
      { parent: this },
    );
    return (scope) => {
      const needed = scope && jwt.scopes?.[scope];
      if (scope === "operate" && needed === undefined && !jwt.operators) return { authorizationType: "AWS_IAM" };
      const authorizationScopes = needed === undefined ? undefined : [needed];
      return { authorizationType: "JWT", authorizerId: authorizer.id, authorizationScopes };
    };
  }

  private createStage(
    name: string,
    api: aws.apigatewayv2.Api,
    args: JobApiArgs,
    dependsOn: pulumi.Resource[],
  ): aws.apigatewayv2.Stage {
    const accessLogs = new aws.cloudwatch.LogGroup(
      `${name}-access`,
      // For log groups with this prefix API Gateway needs no statement of its own in the one resource policy of 5,120
      // characters ("Enable logging from AWS services", Amazon CloudWatch Logs).
      {
        namePrefix: `/aws/vendedlogs/apis/${name}-`,
        retentionInDays: args.logRetentionDays ?? defaults.logRetentionDays,
        kmsKeyId: args.kmsKey,
        tags: args.tags,
      },
      { parent: this },
    );
    return new aws.apigatewayv2.Stage(
      `${name}-stage`,
      {
        apiId: api.id,
        name: "$default",
        autoDeploy: true,
        defaultRouteSettings: {
          throttlingBurstLimit: args.throttling?.burstLimit ?? defaults.throttling.burstLimit,
          throttlingRateLimit: args.throttling?.rateLimit ?? defaults.throttling.rateLimit,
        },
        accessLogSettings: {
          destinationArn: accessLogs.arn,
          format: JSON.stringify(accessLogFormat(schemeOf(args))),
        },
        tags: args.tags,
      },
      { parent: this, dependsOn },
    );
  }
}

type RouteAuthorization = Pick<
  aws.apigatewayv2.RouteArgs,
  "authorizationType" | "authorizerId" | "authorizationScopes"
>;

/** Rights of tokens, for the front end. */
function tokenRules({ scopes, operators, tenantClaim }: JwtArgs): pulumi.Output<string> {
  const rules: pulumi.Inputs = { scopes, operators, tenantClaim } satisfies Record<keyof TokenRules, unknown>;
  return pulumi.jsonStringify(rules);
}

/** Authorization scheme of the callers. */
type Scheme = Authorization | "jwt";

export function schemeOf({ jwt, authorization }: Pick<JobApiArgs, "jwt" | "authorization">): Scheme {
  return jwt ? "jwt" : (authorization ?? defaults.authorization);
}

/** Headers that the API reads, including those of a signature or token. */
const requestHeaders = [
  ...["authorization", "content-type", "idempotency-key", "if-none-match", "traceparent"],
  ...["x-amz-content-sha256", "x-amz-date", "x-amz-security-token"],
];

function corsConfiguration({ cors }: JobApiArgs): aws.apigatewayv2.ApiArgs["corsConfiguration"] {
  if (!cors) return undefined;
  const { allowOrigins, allowHeaders = [], maxAge } = cors;
  return {
    allowOrigins,
    allowMethods: ["GET", "HEAD", "POST", "DELETE"],
    allowHeaders: [...requestHeaders, ...allowHeaders],
    exposeHeaders: ["allow", "etag", "location", "retry-after"],
    maxAge,
  };
}

/**
 * Fields of an access-log line. Signed requests have a `caller`, those with tokens `issuer` and `subject`;
 * `integrationError` says why a request got no answer from the function.
 */
function accessLogFormat(authorization: Scheme) {
  return {
    requestId: "$context.requestId",
    time: "$context.requestTime",
    ip: "$context.identity.sourceIp",
    ...(authorization !== "none" && { caller: "$context.identity.userArn" }),
    ...(authorization === "jwt" && {
      issuer: "$context.authorizer.claims.iss",
      subject: "$context.authorizer.claims.sub",
      authorizerError: "$context.authorizer.error",
    }),
    method: "$context.httpMethod",
    path: "$context.path",
    status: "$context.status",
    bytes: "$context.responseLength",
    latencyMs: "$context.responseLatency",
    integrationError: "$context.integrationErrorMessage",
  };
}
