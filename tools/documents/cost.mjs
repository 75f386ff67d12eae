// Writes the tables of docs/cost.md: prices of idle resources are in idlePrices.json, the resources are those that the
// program registers, and the calls of an idle minute are counted in the local cloud. `--check` only says if they are up
// to date.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "../project.mjs";
import { table, writeBlocks } from "./document.mjs";
import { idlePriceOf, idlePrices } from "./idlePrices.mjs";

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
async function resourcesOf(args) {
  const { BatchJobProcessor } = require("../../dist/components");
  const { record } = require("../../dist/test/support/record");
  const { resources } = await record(() => new BatchJobProcessor("jobs", { processors, ...args }));
  return resources.filter(({ custom, type }) => custom || type.startsWith("awsx:"));
}

function monthlyPrice(resources) {
  return resources.reduce((sum, resource) => sum + idlePriceOf(resource, resources), 0);
}

function resourceTable(resources) {
  const names = [...new Set(resources.map(({ type }) => type))].sort();
  const rows = names.map((name) => {
    const ofType = resources.filter(({ type }) => type === name);
    const price = ofType.reduce((sum, resource) => sum + idlePriceOf(resource, resources), 0);
    return [`\`${name}\``, ofType.length, idlePrices.types[name].billed, dollars(price)];
  });
  const total = ["**All**", resources.length, "", `**${dollars(monthlyPrice(resources))}**`];
  return table(["Resource", "Number", "Billed", "Idle, a month"], [...rows, total]);
}

async function optionTable(standard) {
  const rows = [];
  for (const { inputs, args } of options) {
    const resources = await resourcesOf(args);
    const others = resources.filter((resource) => idlePriceOf(resource, resources) > 0);
    const what = [...new Set(others.map(({ type }) => `\`${type}\``))].join(", ") || "–";
    rows.push([inputs, what, dollars(monthlyPrice(resources) - monthlyPrice(standard))]);
  }
  return table(["Inputs", "What costs", "More, a month"], rows);
}

/** The calls of scaler and repair in an idle minute, by service and action. */
async function idleCalls() {
  const { deploy, startCloud } = require("../../dist/local-cloud");
  const { BatchJobProcessor } = require("../../dist/components");
  const cloud = await startCloud({ workerMain: join(root, "worker-image", "dist", "main.js"), log: () => undefined });
  try {
    const program = () => ({ url: new BatchJobProcessor("jobs", { processors, image: "image" }).url });
    await deploy({ program, cloud, project: "cost", stack: "local" });
    const calls = new Map();
    for (const [name, service] of cloud.services) {
      const handle = (request, response) => {
        const key = `${name} ${request.action}`;
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
    // The first run also does the hourly work.
    const first = await run();
    const second = await run();
    for (const [key, count] of first) {
      const usual = second.get(key) ?? 0;
      calls.set(key, usual + (count - usual) / 60);
    }
    calls.set("lambda Invoke", minutely.length);
    const gbSeconds = minutely.reduce((sum, { spec }) => sum + (spec.memoryMegabytes / 1_024) * assumedSeconds, 0);
    return { calls, gbSeconds };
  } finally {
    await cloud.stop();
  }
}

/** Billed duration of an idle run: not measured on AWS. */
const assumedSeconds = 0.3;

function priceOfCalls(counted) {
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

function callTable(counted) {
  const rows = linesOf(counted).map(({ what, count, price }) => [what, count, dollars(price)]);
  return table(["Call", "A minute", "A month"], [...rows, ["**All**", "", `**${dollars(priceOfCalls(counted))}**`]]);
}

/** Most that a standby region may cost without work, in dollars a month. */
const mostStandbyDollars = 0.3;

function standbySentence(counted, resources) {
  const price = priceOfCalls(counted) + monthlyPrice(resources);
  if (!(price <= mostStandbyDollars))
    throw new Error(`Expected a standby region for ${mostStandbyDollars}, got ${price}`);
  return (
    `A component in a second region, with \`schedulesEnabled: false\`, costs what an idle minute costs: **${dollars(price)}** a ` +
    "month with these 3 types, and the worker image that it keeps, $0.10 a GB."
  );
}

function dollars(value) {
  if (value < 0) return `−${dollars(-value)}`;
  return value === 0 ? "$0" : value < 0.005 ? "below $0.01" : `$${value.toFixed(2)}`;
}

/** Dollars a month for jobs of 1 s at these rates, from the counts of `npm run bench:bill`. */
const rates = [
  { name: "1 a minute", perMinute: 1, counted: 1 },
  { name: "100 a minute", perMinute: 100, counted: 0 },
  { name: "10,000 singly", perMinute: 10_000, counted: 0 },
  { name: "10,000 in batches of 100", perMinute: 10_000, counted: 2 },
];

/** The default instance type: its billed parts, and the share of time that a fleet keeps it busy. */
const instance = { hourly: 0.072_5, slots: 2, busyShare: 0.8, diskGb: 30, diskGbMonth: 0.08, addressHourly: 0.005 };
/** Billed for a lone job: boot, the job, the idle time and the end; never less than a minute. */
const loneSeconds = 40 + 1 + 20 + 10;
const recordBytes = 500;
const recordDays = 14;
/** Payloads of up to 1 KB: a write unit each. */
const payloadBytes = 500;
const payloadDays = 28;
const payloadDollars = 0.625;
const logDays = 30;
/**
 * Dollars for stored data, by GB and month: DynamoDB's standard class; CloudWatch's logs, which are assumed to be
 * packed to a fifth.
 */
const kept = { record: 0.25, log: 0.03, logShare: 0.2 };
const metricDollars = 0.3;
const metricsOfType = { fewest: 5, most: 7 };

function instancesFor(perMinute) {
  const busy = perMinute / 60 / instance.slots / instance.busyShare;
  return perMinute === 1 ? Math.min(1, loneSeconds / 60) : Math.max(1, busy);
}

function fleetDollars(instances, hourly = instance.hourly) {
  const { diskGb, diskGbMonth, addressHourly } = instance;
  return instances * (idlePrices.hoursPerMonth * (hourly + addressHourly) + diskGb * diskGbMonth);
}

function logBytesOf({ logBytes }) {
  return Object.values(logBytes).reduce((sum, bytes) => sum + bytes, 0);
}

function billTable(counts, idleMinutes) {
  const minutes = idlePrices.hoursPerMonth * 60;
  const columns = rates.map(({ perMinute, counted }) => {
    const millions = (perMinute * minutes) / 1e6;
    const { dollars: parts } = counts[counted];
    const logGb = (millions * logBytesOf(counts[counted])) / 1_000;
    // On a fleet that is up, nudges come by time, one each few seconds at any rate: not by job.
    const scaler = perMinute === 1 ? millions * parts.scaler : (counts[0].dollars.scaler * minutes * 60) / 1e6;
    const records = (((millions * 1e6 * recordBytes) / 1e9) * recordDays * 24) / idlePrices.hoursPerMonth;
    const payloads = (((millions * 1e6 * payloadBytes) / 1e9) * payloadDays * 24) / idlePrices.hoursPerMonth;
    const keptLogs = ((logGb * logDays * 24) / idlePrices.hoursPerMonth) * kept.logShare;
    return {
      "Requests and writes": millions * parts.requests,
      "Payloads written": millions * payloadDollars,
      "Logs written": millions * parts.logs,
      "Functions' time": millions * parts.functions,
      Scaler: scaler,
      "Runs of each minute": idleMinutes,
      'Metrics, with `"type"`': metricsOfType.fewest * metricDollars,
      "Instances and disks": fleetDollars(instancesFor(perMinute)),
      "Records, payloads and logs kept": (records + payloads) * kept.record + keptLogs * kept.log,
    };
  });
  const names = Object.keys(columns[0]);
  const rows = names.map((name) => [name, ...columns.map((column) => dollars(column[name]))]);
  const sums = columns.map((column) => Object.values(column).reduce((sum, value) => sum + value, 0));
  const total = ["**All**", ...sums.map((sum) => `**${dollars(sum)}**`)];
  return numericTable(["A month, of jobs of 1 s", ...rates.map(({ name }) => name)], [...rows, total]);
}

function partsTable(counts) {
  const rows = counts.map(({ name, target, total, dollars: parts }) => {
    const cells = [parts.requests, parts.logs, parts.functions, parts.scaler].map(dollars);
    return [name, ...cells, `**${dollars(total)}**`, dollars(target)];
  });
  const head = ["A million jobs", "Requests and writes", "Logs", "Functions' time", "Scaler", "All", "Wanted, at most"];
  return numericTable(head, rows);
}

/** Figures of each kind that was counted, by way in which jobs come. */
function countTable(what, counts, of, total) {
  const kinds = [...new Set(counts.flatMap((each) => Object.keys(of(each))))].sort();
  const rows = kinds.map((kind) => [kind, ...counts.map((each) => Number((of(each)[kind] ?? 0).toFixed(4)))]);
  const last = total ? [["**All**", ...counts.map((each) => `**${total(each)}**`)]] : [];
  return numericTable([what, ...counts.map(({ name }) => name)], [...rows, ...last]);
}

/** A month of one instance that is 80 % busy, and of one that has next to nothing to do. */
function instanceTable() {
  // A t4g.small has 2 vCPUs with a baseline of 20 % each; what is used beyond costs $0.04 an hour and vCPU.
  const surplus = 2 * (instance.busyShare - 0.2) * 0.04;
  const types = [
    ["`c7g.large`, the default", 0.072_5, 0],
    ["`t4g.small`, with surplus credits", 0.016_8, surplus],
    ["`c7g.large` on spot, at 40 % of the price, which changes", 0.072_5 * 0.4, 0],
  ];
  const rows = types.map(([name, hourly, more]) => [
    name,
    dollars(fleetDollars(1, hourly)),
    dollars(fleetDollars(1, hourly + more)),
  ]);
  return numericTable(["One instance, a month, with disk and address", "Next to idle", "80 % busy"], rows);
}

/** Requests and dollars of an hour of an open tab of the console, as `npm run test:console` counts them. */
const tabs = JSON.parse(readFileSync(join(root, "tools", "documents", "tabCounts.json"), "utf8"));

const cents = ({ calls, time }) => `${((calls + time) * 100).toFixed(2)} ¢`;

function tabTable() {
  const rows = tabs.map(({ page, moving, calm }) => [page, moving.requests, cents(moving), calm.requests, cents(calm)]);
  const head = ["An hour, by page", "Something moves: requests", "Price", "Nothing does: requests", "Price"];
  return numericTable(head, rows);
}

function tabSentence() {
  const most = tabs
    .flatMap(({ moving, calm }) => [moving, calm])
    .reduce((one, other) => (one.calls > other.calls ? one : other));
  return `- **An open tab of the console**: up to ${cents(most)} an hour, [by page](console.md#how-it-stays-up-to-date).`;
}

function numericTable(head, rows) {
  return table(head, rows, { isNumeric: true });
}

/** Assumptions behind the tables, and what they leave out. */
function assumptionTable() {
  const { region, asOf, hoursPerMonth: hours } = idlePrices;
  const halfMinutes = hours * 120;
  const { fewest, most } = metricsOfType;
  const metrics = `${dollars(fewest * metricDollars)} to ${dollars(most * metricDollars)}`;
  return table(
    ["Taken for granted", ""],
    [
      ["Prices", `of ${region}, ${asOf}, without the free tiers`],
      ["A month", `${hours} hours`],
      ["A run of an idle minute", `${assumedSeconds} s, which was not measured on AWS`],
      ["Slots of an instance", instance.slots],
      ["Instances are busy for", `${instance.busyShare * 100} % of the time`],
      ["A lone job has billed", `${loneSeconds} s`],
      ["An instance's reports to the fleet table, a write each half minute", dollars((halfMinutes * 0.625) / 1e6)],
      ["A full worker's nudges, a request each half minute", dollars((halfMinutes * 0.4) / 1e6)],
      ["Metrics of a type, or of the component", metrics],
      ["Metrics of 200 types, at most", dollars(200 * most * metricDollars)],
    ],
  );
}

execFileSync(process.execPath, [join(root, "tools", "build", "build.mjs"), "--if-stale"], { stdio: "inherit" });
const standard = await resourcesOf({});
const idle = await idleCalls();
const counts = JSON.parse(readFileSync(join(root, "tools", "documents", "billCounts.json"), "utf8"));
await writeBlocks("docs/cost.md", {
  resources: resourceTable(standard),
  inputs: await optionTable(standard),
  "idle minute": callTable(idle),
  standby: standbySentence(idle, await resourcesOf({ schedulesEnabled: false })),
  month: billTable(counts, priceOfCalls(idle)),
  instances: instanceTable(),
  assumptions: assumptionTable(),
  parts: partsTable(counts),
  "log bytes": countTable("Bytes of logs for a job", counts, ({ logBytes }) => logBytes, logBytesOf),
  calls: countTable("Calls for a job", counts, ({ calls }) => calls),
  tab: tabSentence(),
});
await writeBlocks("docs/console.md", { tab: tabTable() });
process.exit();
