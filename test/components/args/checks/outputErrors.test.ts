import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { z } from "zod";
import { type BatchJobProcessorArgs } from "../../../../components";
import { argsSchema } from "../../../../components/args/checks/argsSchema";
import { validateArgs } from "../../../../components/args/checks/validateArgs";

/** Every input, filled in; the schema of the inputs says which there are. */
const processor = {
  ...{
    name: "a",
    handler: "word-count",
    description: "d",
    payloadSchema: { properties: { x: { const: "y" } } },
    image: "i",
  },
  ...{
    instanceTypes: ["c7g.large"],
    spot: true,
    onDemandBaseCapacity: 1,
    rootVolumeGb: 30,
    pricePerInstanceHour: 0.03,
    slots: 1,
    memoryMegabytes: 500,
    gpu: false,
    instanceStore: false,
  },
  ...{
    prefetch: 0,
    acknowledge: "after",
    payloads: "value",
    timeoutSeconds: 1,
    maxAttempts: 1,
    backoffSeconds: 1,
  },
  ...{
    drainSeconds: 1,
    idleSeconds: 1,
    minInstances: 1,
    maxInstances: 1,
    targetLatencySeconds: 1,
  },
  ...{ secondsPerJob: 1, environment: { A: "b" } },
  secrets: { B: "arn:aws:ssm:us-east-1:123456789012:parameter/b" },
  registryCredentials: "arn:aws:secretsmanager:us-east-1:123456789012:secret:p-AbCdEf",
  machineImage: "recommended:2026-11",
  capacitySchedule: [{ recurrence: "0 8 * * *", timeZone: "Europe/Berlin", minInstances: 1 }],
  schedules: [
    { name: "s", expression: "rate(1 hour)", timeZone: "Europe/Berlin", payload: { a: ["b"] }, labels: { c: "d" } },
  ],
  policyStatements: [
    { Sid: "S", Effect: "Allow", Action: ["s3:GetObject"], Resource: ["arn"], Condition: { Bool: { a: "b" } } },
  ],
};
const command = { name: "b", command: ["a", "b"] };
const all = {
  ...{ processors: [processor, command], tracking: true, events: true, pointInTimeRecovery: true },
  keepPayloads: true,
  ...{
    jwt: {
      ...{ issuer: "https://a", audiences: ["a"], scopes: { submit: "s", read: "r" } },
      ...{ operators: ["o"], tenantClaim: "t" },
    },
    throttling: { burstLimit: 1, rateLimit: 1 },
  },
  ...{
    network: {
      vpcId: "v",
      subnetIds: ["s"],
      securityGroupIds: ["sg"],
      privateWorkers: false,
      egress: "any",
      flowLogs: false,
    },
    sessionManager: true,
    schedulesEnabled: true,
    image: "i",
  },
  cors: { allowOrigins: ["https://a.example"], allowHeaders: ["x-a"], maxAge: 60 },
  ...{ policyStatements: processor.policyStatements, environment: { A: "b" }, logRetentionDays: 30 },
  secrets: { C: "arn:aws:secretsmanager:us-east-1:123456789012:secret:c-AbCdEf#key" },
  registryCredentials: "arn:aws:secretsmanager:us-east-1:123456789012:secret:r-AbCdEf",
  ...{ metrics: "type", usageLabels: ["a"], dashboard: true, machineImage: "recommended" },
  alarms: { topicArn: "arn:aws:sns:us-east-1:123456789012:pager", email: "a@b", deadLetters: 1, stalledSeconds: 60 },
  budget: { dollarsPerDay: 1, then: "alarm" },
  traces: { endpoint: "https://a", headers: { a: "arn:aws:ssm:us-east-1:123456789012:parameter/a" } },
  kmsKey: "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
  frontend: { memorySize: 512, reservedConcurrency: 2, provisionedConcurrency: 1 },
  ...{ router: { memorySize: 512, reservedConcurrency: 2, provisionedConcurrency: 1 }, tags: { a: "b" } },
};

/** The inputs that the schema knows, at whatever depth, and the value lacks. */
function missing(schema: unknown, value: unknown, path = ""): string[] {
  if (schema instanceof z.ZodOptional) return missing(schema.unwrap(), value, path);
  if (schema instanceof z.ZodArray) {
    return (value as unknown[]).flatMap((item, index) => missing(schema.element, item, `${path}[${index}]`));
  }
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape as Record<string, unknown>).flatMap(([key, inner]) => {
    const item = (value as Record<string, unknown>)[key];
    const at = path === "" ? key : `${path}.${key}`;
    return item === undefined ? [at] : missing(inner, item, at);
  });
}

type Path = (string | number)[];

/** The paths of all values within. */
function pathsIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, item]) =>
    pathsIn(item, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  return path.length === 0 ? inner : [path, ...inner];
}

function withValue(path: Path, value: unknown): unknown {
  const copy = JSON.parse(JSON.stringify(all)) as Record<string, unknown>;
  let at = copy;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
  at[path.at(-1)!] = value;
  return copy;
}

const written = (path: Path) =>
  path.map((key, index) => (typeof key === "number" ? `[${key}]` : index === 0 ? key : `.${key}`)).join("");

function errorsOf(args: unknown): pulumi.InputPropertyErrorDetails[] {
  try {
    validateArgs("media", args as BatchJobProcessorArgs);
    return [];
  } catch (error) {
    return (error as { errors: pulumi.InputPropertyErrorDetails[] }).errors;
  }
}

describe("an Output among the inputs", () => {
  const output = pulumi.output("x");
  const paths = pathsIn(all);

  it("is tried at every input that there is", () => {
    expect(errorsOf(all)).to.deep.equal([]);
    // A processor has one kind of handler: the second has a command, and a function is nothing that a text could be
    // part of.
    const lacking = missing(argsSchema, all).filter((path) => !path.startsWith("processors[1]"));
    // `authorization` is refused beside `jwt`, and `operators` beside the scope.
    const others = ["authorization", "jwt.scopes.operate"];
    expect(lacking.sort()).to.deep.equal([...others, "processors[0].command", "processors[0].handle"]);
  });

  for (const path of paths) {
    it(`that became text is refused by its path at ${written(path)}`, () => {
      for (const text of [`${output as unknown as string}/*`, JSON.stringify({ a: output })]) {
        const errors = errorsOf(withValue(path, text));
        expect(errors.map(({ propertyPath }) => propertyPath)).to.deep.equal([written(path)]);
        expect(errors[0]!.reason).to.include("pulumi.interpolate").and.not.include("\n");
      }
    });

    it(`is taken, or refused by one line, at ${written(path)}`, () => {
      const errors = errorsOf(withValue(path, output));
      expect(errors.length).to.be.below(2);
      for (const { propertyPath, reason } of errors) {
        expect(propertyPath).to.equal(written(path));
        expect(reason).to.include("got an Output").and.not.include("\n");
      }
    });
  }

  for (const path of [
    ["processors"],
    ["processors", 0, "name"],
    ["tags", "a"],
    ["processors", 0, "payloadSchema", "properties"],
  ] as Path[]) {
    it(`is refused at ${written(path)}, which must be known`, () => {
      expect(errorsOf(withValue(path, output)).map(({ propertyPath }) => propertyPath)).to.deep.equal([written(path)]);
    });
  }

  for (const path of [
    ["image"],
    ["network", "subnetIds"],
    ["environment", "A"],
    ["policyStatements", 0, "Resource"],
  ] as Path[]) {
    it(`is taken at ${written(path)}`, () => expect(errorsOf(withValue(path, output))).to.deep.equal([]));
  }

  it("that became a name is refused at what it names", () => {
    const errors = errorsOf({ ...all, tags: { [`${output as unknown as string}`]: "x" } });
    expect(errors.map(({ propertyPath }) => propertyPath)).to.deep.equal(["tags"]);
  });
});
