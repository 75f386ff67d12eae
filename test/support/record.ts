import * as pulumi from "@pulumi/pulumi";

/** A resource as the program registered it. */
export interface RecordedResource {
  type: string;
  name: string;
  urn: string;
  parent: string;
  custom: boolean;
  inputs: Record<string, unknown>;
  options: {
    ignoreChanges: string[];
    dependencies: string[];
    deletedWith: string;
    deleteTimeout?: string;
    replaceOnChanges: string[];
    deleteBeforeReplace: boolean;
  };
}

export interface Recording<T> {
  result: T;
  resources: RecordedResource[];
  /** Type or function, and reference to its provider, of each resource and call. */
  providers: [token: string, provider: string][];
  /** The resources of a type, by the end of its token: `sqs/queue:Queue`. */
  ofType: (suffix: string) => RecordedResource[];
  /** The one resource of that name; fails where there is none. */
  named: (name: string) => RecordedResource;
}

/** Mode of the mocks: `helpful` returns ARNs, URLs and the like, `naive` only echoes the inputs. */
export type MockStyle = "helpful" | "naive";

/**
 * Builds resources under Pulumi's mocks, waits until all are registered, and returns them with the build's result.
 * An error of the build, of a mock or of anything that ran inside an `apply` is thrown.
 */
export async function record<T>(build: () => T, style: MockStyle = "helpful"): Promise<Recording<T>> {
  let onRejection: (reason: unknown) => void = () => undefined;
  const failure = new Promise<never>((_, reject) => (onRejection = reject));
  failure.catch(() => undefined);
  process.on("unhandledRejection", onRejection);
  try {
    const providers: Recording<T>["providers"] = [];
    const mocks: pulumi.runtime.Mocks = {
      newResource: (args) => {
        if (args.custom) providers.push([args.type, args.provider ?? ""]);
        return { id: `${args.name}-id`, state: style === "naive" ? (args.inputs as object) : answer(args) };
      },
      call: (args) => {
        providers.push([args.token, args.provider ?? ""]);
        return style === "naive" ? (args.inputs as object) : callAnswer(args);
      },
    };
    await pulumi.runtime.setMocks(mocks, "project", "stack", false);
    const resources = spy();
    let result: T | undefined;
    const run = async () => {
      await pulumi.runtime.runInPulumiStack(() => {
        result = build();
        return Promise.resolve({});
      });
      await pulumi.runtime.disconnect();
      await new Promise((resolve) => setImmediate(resolve));
    };
    await Promise.race([run(), failure]);
    const ofType = (suffix: string) => resources.filter(({ type }) => type.endsWith(suffix));
    const named = (name: string) => {
      const found = resources.filter((resource) => resource.name === name);
      if (found.length !== 1) {
        throw new Error(
          `Expected one resource ${name}, got ${found.length} of ${resources.map((r) => r.name).join(", ")}`,
        );
      }
      return found[0]!;
    };
    return { result: result as T, resources, providers, ofType, named };
  } finally {
    process.off("unhandledRejection", onRejection);
  }
}

interface RegisterRequest {
  getType(): string;
  getName(): string;
  getParent(): string;
  getCustom(): boolean;
  getObject(): Parameters<typeof pulumi.runtime.deserializeProperties>[0];
  getDependenciesList(): string[];
  getIgnorechangesList(): string[];
  getDeletedwith(): string;
  getReplaceonchangesList(): string[];
  getDeletebeforereplace(): boolean;
  getCustomtimeouts(): { getDelete(): string } | undefined;
}
type Callback = (error: unknown, response: { getUrn(): string } | undefined) => void;

/** Mocks are told neither parents nor options, so the monitor itself is listened to. */
function spy(): RecordedResource[] {
  const resources: RecordedResource[] = [];
  const monitor = pulumi.runtime.getMonitor() as unknown as {
    registerResource(request: RegisterRequest, callback: Callback): void;
  };
  const original = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    original(request, (error, response) => {
      if (response) {
        resources.push({
          type: request.getType(),
          name: request.getName(),
          urn: response.getUrn(),
          parent: request.getParent(),
          custom: request.getCustom(),
          inputs: pulumi.runtime.deserializeProperties(request.getObject()),
          options: {
            ignoreChanges: request.getIgnorechangesList(),
            dependencies: request.getDependenciesList(),
            deletedWith: request.getDeletedwith(),
            replaceOnChanges: request.getReplaceonchangesList(),
            deleteBeforeReplace: request.getDeletebeforereplace(),
            deleteTimeout: request.getCustomtimeouts()?.getDelete(),
          },
        });
      }
      callback(error, response);
    });
  };
  return resources;
}

function answer({ type, name, inputs }: pulumi.runtime.MockResourceArgs): Record<string, unknown> {
  const service = type.split(":")[1]?.split("/")[0] ?? "";
  const arn = `arn:aws:${service}:us-east-1:123456789012:${name}`;
  const physicalName = `${name}-1234567`;
  return {
    name: physicalName,
    arn,
    ...(inputs as object),
    ...extras[type]?.(physicalName, arn),
  };
}

const extras: Record<string, (name: string, arn: string) => Record<string, unknown>> = {
  "aws:sqs/queue:Queue": (name) => ({ url: `https://sqs.us-east-1.amazonaws.com/123456789012/${name}` }),
  "aws:lambda/function:Function": (_name, arn) => ({
    invokeArn: `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${arn}/invocations`,
    version: "1",
  }),
  "aws:lambda/alias:Alias": (_name, arn) => ({ invokeArn: `${arn}/invocations` }),
  "aws:apigatewayv2/api:Api": () => ({ executionArn: "arn:aws:execute-api:us-east-1:123456789012:abc" }),
  "aws:apigatewayv2/stage:Stage": () => ({ invokeUrl: "https://abc.execute-api.us-east-1.amazonaws.com/" }),
  "aws:ec2/launchTemplate:LaunchTemplate": () => ({ latestVersion: 3 }),
  "awsx:ec2:Vpc": () => ({
    vpcId: "vpc-1",
    publicSubnetIds: ["subnet-1", "subnet-2", "subnet-5"],
    privateSubnetIds: [],
    isolatedSubnetIds: ["subnet-3", "subnet-4"],
    routeTables: [{ id: "rtb-1" }, { id: "rtb-2" }],
  }),
  "awsx:ecr:Repository": () => ({ url: "123456789012.dkr.ecr.us-east-1.amazonaws.com/worker" }),
  "awsx:ecr:Image": () => ({ imageUri: "123456789012.dkr.ecr.us-east-1.amazonaws.com/worker@sha256:0" }),
};

const zones = ["us-east-1a", "us-east-1b", "us-east-1c"];

function callAnswer(call: pulumi.runtime.MockCallArgs): Record<string, unknown> {
  const { token } = call;
  const inputs = call.inputs as Record<string, unknown>;
  switch (token) {
    case "aws:index/getRegion:getRegion":
      return { id: "us-east-1", region: "us-east-1", name: "us-east-1" };
    case "aws:index/getPartition:getPartition":
      return { id: "aws", partition: "aws", dnsSuffix: "amazonaws.com" };
    case "aws:index/getCallerIdentity:getCallerIdentity":
      return { id: "123456789012", accountId: "123456789012" };
    case "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": {
      const types = (inputs.filters as { values: string[] }[]).flatMap(({ values }) => values);
      const offered = types.flatMap((type) => zones.map((zone) => [type, zone] as const));
      return { instanceTypes: offered.map(([type]) => type), locations: offered.map(([, zone]) => zone) };
    }
    case "aws:index/getDefaultTags:getDefaultTags":
      return { tags: {} };
    case "aws:ec2/getAmi:getAmi":
      return { creationDate: "2026-11-01T00:00:00.000Z" };
    case "aws:ec2/getSubnet:getSubnet":
      return { ...inputs, availabilityZone: zones[0] };
    case "aws:ec2/getVpc:getVpc":
      return { ...inputs, cidrBlockAssociations: [{ cidrBlock: "10.0.0.0/16" }] };
    case "aws:ec2/getPrefixList:getPrefixList":
      return { ...inputs, id: `pl-${String(inputs.name).split(".").pop()}` };
    case "aws:ec2/getVpcEndpointService:getVpcEndpointService":
      return { ...inputs, availabilityZones: zones };
    case "aws:ssm/getParameter:getParameter":
      return {
        value: String(inputs.name).includes("/gpu/") ? "ami-gpu" : "ami-0123456789abcdef0",
      };
    default:
      throw new Error(`No mock answers ${token}`);
  }
}
