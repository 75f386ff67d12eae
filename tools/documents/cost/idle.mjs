// What is billed while nothing happens: the resources that the program registers, and the calls of an idle minute, as
// counted in the local cloud.
import { Buffer } from "node:buffer";
import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "../../project.mjs";
import { table } from "../document.mjs";
import { idlePriceOf, idlePrices } from "../idlePrices.mjs";
import { dollars } from "./figures.mjs";

const require = createRequire(import.meta.url);

const types = ["checksum", "thumbnail", "word-count"];
const processors = types.map((name) => ({ name, handler: name }));

/** Inputs that change the cost of an idle month. */
const options = [
  { inputs: "`minInstances: 1` of one processor", args: { processors: withFirst({ minInstances: 1 }) } },
  { inputs: "`network.privateWorkers`", args: { network: { privateWorkers: true } } },
  {
    inputs: "`network.privateWorkers`, `sessionManager: true`",
    args: { network: { privateWorkers: true }, sessionManager: true },
  },
  { inputs: "`network.privateWorkers`, `events: true`", args: { network: { privateWorkers: true }, events: true } },
  {
    inputs: "`network.privateWorkers`, a secret in Secrets Manager",
    args: withSecret("secretsmanager", "secret:a-AbCdEf"),
  },
  { inputs: "`network.privateWorkers`, a secret in an SSM parameter", args: withSecret("ssm", "parameter/a") },
  { inputs: "`frontend: { provisionedConcurrency: 1 }`", args: { frontend: { provisionedConcurrency: 1 } } },
  { inputs: "`router: { provisionedConcurrency: 1 }`", args: { router: { provisionedConcurrency: 1 } } },
  { inputs: "`dashboard: true`", args: { dashboard: true } },
  { inputs: "`alarms`", args: { alarms: { email: "ops@example.com" } } },
  {
    inputs: "`budget` with `alarms`",
    args: { alarms: { email: "ops@example.com" }, budget: { dollarsPerDay: 25 } },
  },
  { inputs: "`tracking: false`", args: { tracking: false } },
  { inputs: "`events: true`", args: { events: true } },
  { inputs: "`schedulesEnabled: false`", args: { schedulesEnabled: false } },
  { inputs: "`network` with a VPC", args: { network: { vpcId: "vpc-1", subnetIds: ["subnet-1"] } } },
];

function withFirst(settings) {
  return processors.map((processor, index) => (index === 0 ? { ...processor, ...settings } : processor));
}

function withSecret(service, name) {
  return { network: { privateWorkers: true }, secrets: { A: `arn:aws:${service}:us-east-1:123456789012:${name}` } };
}

/** The resources of AWS that the component registers. */
export async function resourcesOf(args) {
  const { BatchJobProcessor } = require("../../../dist/components");
  const { record } = require("../../../dist/test/support/record");
  const { resources } = await record(() => new BatchJobProcessor("jobs", { processors, ...args }));
  return resources.filter(({ custom, type }) => custom || type.startsWith("awsx:"));
}

function monthlyPrice(resources) {
  return resources.reduce((sum, resource) => sum + idlePriceOf(resource, resources), 0);
}

export function resourceTable(resources) {
  const names = [...new Set(resources.map(({ type }) => type))].sort();
  const rows = names.map((name) => {
    const ofType = resources.filter(({ type }) => type === name);
    const price = ofType.reduce((sum, resource) => sum + idlePriceOf(resource, resources), 0);
    return [`\`${name}\``, ofType.length, idlePrices.types[name].billed, dollars(price)];
  });
  const total = ["**All**", resources.length, "", `**${dollars(monthlyPrice(resources))}**`];
  return table(["Resource", "Number", "Billed", "Idle, a month"], [...rows, total]);
}

export async function optionTable(standard) {
  const rows = [];
  for (const { inputs, args } of options) {
    const resources = await resourcesOf(args);
    const others = resources.filter((resource) => idlePriceOf(resource, resources) > 0);
    const what = [...new Set(others.map(({ type }) => `\`${type}\``))].join(", ") || "–";
    rows.push([inputs, what, dollars(monthlyPrice(resources) - monthlyPrice(standard))]);
  }
  return table(["Inputs", "What costs", "More, a month"], rows);
}

/** The calls of an idle minute by service and action, and those of the run that writes sums for alarms. */
export async function idleCalls() {
  const { deploy, startCloud } = require("../../../dist/local-cloud");
  const { BatchJobProcessor } = require("../../../dist/components");
  const { alarmSums } = require("../../../dist/components/pipeline/JobAlarms");
  let sumsBytes = 0;
  const log = ({ line }) => (sumsBytes = line.includes('"component-metrics"') ? Buffer.byteLength(line) : sumsBytes);
  const cloud = await startCloud({ workerMain: join(root, "worker-image", "dist", "main.js"), log });
  try {
    const args = { processors, image: "image", alarms: { email: "ops@example.com" } };
    const program = () => ({ url: new BatchJobProcessor("jobs", args).url });
    await deploy({ program, cloud, project: "cost", stack: "local" });
    const calls = countCalls(cloud);
    const minutely = cloud.lambdas.list().filter(({ spec }) => /-(scaler|repair)-/.test(spec.name));
    if (minutely.length !== 2) throw new Error(`Expected scaler and repair, got ${minutely.length} functions`);
    const invoke = async ({ spec }, event) => {
      const { functionError, payload } = await cloud.lambdas.invoke(spec.name, JSON.stringify(event));
      if (functionError) throw new Error(`${spec.name}: ${payload}`);
    };
    const run = async () => {
      calls.clear();
      for (const each of minutely) await invoke(each, {});
      return new Map(calls);
    };
    // The first run also does the hourly work.
    const first = await run();
    const second = await run();
    for (const [key, count] of first) {
      const usual = second.get(key) ?? 0;
      calls.set(key, usual + (count - usual) / 60);
    }
    const idle = billed(new Map(calls), minutely);
    calls.clear();
    const operator = cloud.lambdas.list().find(({ spec }) => spec.name.includes("-operator-"));
    await invoke(operator, { writeSums: alarmSums, component: "project/stack/jobs" });
    // An item each.
    calls.set("dynamodb BatchGetItem", types.length);
    return { idle, sums: { ...billed(calls, [operator]), logBytes: sumsBytes } };
  } finally {
    await cloud.stop();
  }
}

/** Counts of the calls to the cloud by service and action, which grow from now on. */
function countCalls(cloud) {
  const calls = new Map();
  for (const [name, service] of cloud.services) {
    const handle = (request, response) => {
      const key = `${name} ${request.action}`;
      calls.set(key, (calls.get(key) ?? 0) + 1);
      return service.handle(request, response);
    };
    cloud.services.set(name, { ...service, handle });
  }
  return calls;
}

/** The calls, with the runs of the functions that made them. */
function billed(calls, functions) {
  calls.set("lambda Invoke", functions.length);
  const megabytes = functions.reduce((sum, { spec }) => sum + spec.memoryMegabytes, 0);
  return { calls, gbSeconds: (megabytes / 1_024) * assumedSeconds };
}

/** Billed duration of an idle run: not measured on AWS. */
export const assumedSeconds = 0.3;

export function priceOfCalls(counted) {
  return linesOf(counted).reduce((sum, { price }) => sum + price, 0);
}

function linesOf({ calls, gbSeconds }) {
  const minutes = idlePrices.hoursPerMonth * 60;
  const names = { autoscaling: "Auto Scaling", dynamodb: "DynamoDB", lambda: "Lambda", sqs: "SQS" };
  const lines = [...calls].sort().map(([key, count]) => {
    const [service, action] = key.split(" ");
    const price = (count * minutes * idlePrices.calls[service].millionUsd) / 1e6;
    return { what: `${names[service]} \`${action}\``, count, price };
  });
  const duration = (gbSeconds * minutes * idlePrices.calls.lambdaGbSecond.millionUsd) / 1e6;
  lines.push({ what: "Lambda, GB-seconds", count: gbSeconds, price: duration });
  return lines;
}

export function callTable(counted) {
  const rows = linesOf(counted).map(({ what, count, price }) => [what, count, dollars(price)]);
  return table(["Call", "A minute", "A month"], [...rows, ["**All**", "", `**${dollars(priceOfCalls(counted))}**`]]);
}

/** Most that a standby region may cost without work, in dollars a month. */
const mostStandbyDollars = 0.3;

/** Dollars for a GB of logs, and for what a run that writes sums does for each type. */
const logGbDollars = 0.5;
const { sqs, dynamodb } = idlePrices.calls;
const sumsOfTypeDollars = (idlePrices.hoursPerMonth * 60 * (sqs.millionUsd + dynamodb.millionUsd)) / 1e6;

export function alarmsSentence(sums) {
  const logs = (idlePrices.hoursPerMonth * 60 * sums.logBytes * logGbDollars) / 1e9;
  return (
    "- **Alarms**: beside their price, which is the same for any number of types, a run of the function `operator` each minute: " +
    `${dollars(priceOfCalls(sums) + logs)} a month with these 3 types and its line in the log. It reads each type's state and ` +
    `counts its dead letters, ${dollars(sumsOfTypeDollars)} a type. A mail of SNS costs nothing up to 1,000 a month.`
  );
}

export function standbySentence(counted, resources) {
  const price = priceOfCalls(counted) + monthlyPrice(resources);
  if (!(price <= mostStandbyDollars))
    throw new Error(`Expected a standby region for ${mostStandbyDollars}, got ${price}`);
  return (
    `A component in a second region, with \`schedulesEnabled: false\`, costs what an idle minute costs: **${dollars(price)}** a ` +
    "month with these 3 types, and the worker image that it keeps, $0.10 a GB."
  );
}
