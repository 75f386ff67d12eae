// Writes into docs/cost.md what the program's resources cost while idle: their prices are in idlePrices.json, the
// resources are those that the program registers, and the calls of an idle minute are counted in the local cloud.
// `--check` only says whether it is up to date.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import prettier from "prettier";
import { idlePriceOf, idlePrices } from "./idlePrices.mjs";

const require = createRequire(import.meta.url);
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const marks = ["<!-- made by tools/cost.mjs -->", "<!-- end -->"];

const types = ["checksum", "thumbnail", "word-count"];
const processors = types.map((name) => ({ name, handler: name }));

/** Inputs that change what an idle month costs. */
const options = [
  { inputs: "`minInstances: 1` of one processor", args: { processors: withFirst({ minInstances: 1 }) } },
  { inputs: "`privateWorkers: true`", args: { privateWorkers: true } },
  { inputs: "`privateWorkers: true`, `sessionManager: true`", args: { privateWorkers: true, sessionManager: true } },
  { inputs: "`privateWorkers: true`, `events: true`", args: { privateWorkers: true, events: true } },
  {
    inputs: "`privateWorkers: true`, a secret in Secrets Manager",
    args: withSecret("secretsmanager", "secret:a-AbCdEf"),
  },
  { inputs: "`privateWorkers: true`, a secret in an SSM parameter", args: withSecret("ssm", "parameter/a") },
  { inputs: "`frontendProvisionedConcurrency: 1`", args: { frontendProvisionedConcurrency: 1 } },
  { inputs: "`routerProvisionedConcurrency: 1`", args: { routerProvisionedConcurrency: 1 } },
  { inputs: '`scaling: "targetTracking"`', args: { scaling: "targetTracking" } },
  { inputs: "`tracking: false`", args: { tracking: false } },
  { inputs: "`events: true`", args: { events: true } },
  { inputs: "`network` with a VPC", args: { network: { vpcId: "vpc-1", subnetIds: ["subnet-1"] } } },
];

function withFirst(settings) {
  return processors.map((processor, index) => (index === 0 ? { ...processor, ...settings } : processor));
}

function withSecret(service, name) {
  return { privateWorkers: true, secrets: { A: `arn:aws:${service}:us-east-1:123456789012:${name}` } };
}

/** The resources of AWS that the component registers. */
async function resourcesOf(args) {
  const pulumi = require("@pulumi/pulumi");
  const { BatchJobProcessor } = require("../dist/components");
  const resources = [];
  const mocks = {
    newResource({ type, name, inputs, custom }) {
      if (custom !== false || type.startsWith("awsx:")) resources.push({ type, name, inputs });
      return { id: `${name}-id`, state: { name, arn: `arn:aws:test:::${name}`, ...inputs } };
    },
    call: ({ inputs }) => inputs,
  };
  await pulumi.runtime.setMocks(mocks, "project", "stack", false);
  await pulumi.runtime.runInPulumiStack(async () => {
    new BatchJobProcessor("jobs", { processors, ...args });
  });
  await pulumi.runtime.disconnect();
  return resources;
}

function monthlyPrice(resources) {
  return resources.reduce((sum, resource) => sum + idlePriceOf(resource, resources), 0);
}

function resourceTable(resources) {
  const names = [...new Set(resources.map(({ type }) => type))].sort();
  const rows = names.map((name) => {
    const ofType = resources.filter(({ type }) => type === name);
    const price = ofType.reduce((sum, resource) => sum + idlePriceOf(resource, resources), 0);
    return `| \`${name}\` | ${ofType.length} | ${idlePrices.types[name].billed} | ${dollars(price)} |`;
  });
  const total = `| **All** | ${resources.length} | | **${dollars(monthlyPrice(resources))}** |`;
  return ["| Resource | Number | Billed | Idle, a month |", "| --- | --- | --- | --- |", ...rows, total].join("\n");
}

async function optionTable(standard) {
  const rows = [];
  for (const { inputs, args } of options) {
    const resources = await resourcesOf(args);
    const others = resources.filter((resource) => idlePriceOf(resource, resources) > 0);
    const what = [...new Set(others.map(({ type }) => `\`${type}\``))].join(", ") || "–";
    rows.push(`| ${inputs} | ${what} | ${dollars(monthlyPrice(resources) - monthlyPrice(standard))} |`);
  }
  return ["| Inputs | What costs | More, a month |", "| --- | --- | --- |", ...rows].join("\n");
}

/** The calls that scaler and repair make in a minute in which nothing happens, by service and action. */
async function idleCalls() {
  const { startCloud } = require("../dist/local-cloud/cloud");
  const { deploy } = require("../dist/local-cloud/pulumi/deploy");
  const { actionOf } = require("../dist/local-cloud/wire/awsRequest");
  const { BatchJobProcessor } = require("../dist/components");
  const cloud = await startCloud({ log: () => undefined });
  try {
    const program = () => ({ url: new BatchJobProcessor("jobs", { processors, image: "image" }).url });
    await deploy({ program, cloud, project: "cost", stack: "local" });
    const calls = new Map();
    for (const [name, service] of cloud.services) {
      const handle = (request, response) => {
        const key = `${name} ${actionOf(request, service.protocol)}`;
        calls.set(key, (calls.get(key) ?? 0) + 1);
        return service.handle(request, response);
      };
      cloud.services.set(name, { ...service, handle });
    }
    const minutely = cloud.lambdas.list().filter(({ spec }) => /-(scaler|repair)-/.test(spec.name));
    if (minutely.length !== 2) throw new Error(`Expected scaler and repair, got ${minutely.length} functions`);
    const run = async () => {
      calls.clear();
      for (const { spec } of minutely) {
        const { functionError, payload } = await cloud.lambdas.invoke(spec.name, "{}");
        if (functionError) throw new Error(`${spec.name}: ${payload}`);
      }
      return new Map(calls);
    };
    // The first run does what is done once an hour, too.
    const first = await run();
    const second = await run();
    for (const [key, count] of first) {
      const usual = second.get(key) ?? 0;
      calls.set(key, usual + (count - usual) / 60);
    }
    calls.set("lambda Invoke", minutely.length);
    const gbSeconds = minutely.reduce((sum, { spec }) => sum + (spec.memoryMegabytes / 1024) * assumedSeconds, 0);
    return { calls, gbSeconds };
  } finally {
    await cloud.stop();
  }
}

/** How long an idle run is billed for: it was not measured on AWS. */
const assumedSeconds = 0.3;

function callTable({ calls, gbSeconds }) {
  const minutes = idlePrices.hoursPerMonth * 60;
  const names = { autoscaling: "Auto Scaling", dynamodb: "DynamoDB", lambda: "Lambda", sqs: "SQS" };
  const lines = [...calls].sort().map(([key, count]) => {
    const [service, action] = key.split(" ");
    const price = (count * minutes * idlePrices.calls[service].millionUsd) / 1e6;
    return { what: `${names[service]} \`${action}\``, count, price };
  });
  const duration = (gbSeconds * minutes * idlePrices.calls.lambdaGbSecond.millionUsd) / 1e6;
  lines.push({ what: "Lambda, GB-seconds", count: gbSeconds, price: duration });
  const rows = lines.map(({ what, count, price }) => `| ${what} | ${count} | ${dollars(price)} |`);
  const total = lines.reduce((sum, { price }) => sum + price, 0);
  return [
    "| Call | A minute | A month |",
    "| --- | --- | --- |",
    ...rows,
    `| **All** | | **${dollars(total)}** |`,
  ].join("\n");
}

function dollars(value) {
  if (value < 0) return `−${dollars(-value)}`;
  return value === 0 ? "$0" : value < 0.005 ? "below $0.01" : `$${value.toFixed(2)}`;
}

async function idlePart() {
  const standard = await resourcesOf({});
  return `Prices of ${idlePrices.region}, ${idlePrices.asOf}, a month of ${idlePrices.hoursPerMonth} hours, without the free tiers.

### By resource

Of a component with the ${types.length} types ${types.join(", ")} and no other input:

${resourceTable(standard)}

### What the inputs change

${await optionTable(standard)}

### An idle minute

Each minute the scaler looks at the queues, and repair at what went wrong. Their calls with these ${types.length} types, counted in the
local cloud, of those that are made once an hour a sixtieth; runs are taken to last ${assumedSeconds} s, which was not measured on AWS:

${callTable(await idleCalls())}
`;
}

const file = join(root, "docs", "cost.md");
execFileSync(process.execPath, [join(root, "tools", "build.mjs"), "--if-stale"], { stdio: "inherit" });
const present = readFileSync(file, "utf8");
const [before, rest] = present.split(marks[0]);
const after = rest?.split(marks[1]).slice(1).join(marks[1]);
if (after === undefined) throw new Error(`Expected ${marks.join(" … ")} in docs/cost.md`);
const whole = `${before}${marks[0]}\n\n${await idlePart()}\n${marks[1]}${after}`;
const text = await prettier.format(whole, { ...(await prettier.resolveConfig(file)), parser: "markdown" });
if (!process.argv.includes("--check")) writeFileSync(file, text);
else if (present !== text) {
  console.error("docs/cost.md is not what the program's resources cost; run `npm run docs`.");
  process.exit(1);
}
process.exit(0);
