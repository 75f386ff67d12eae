// What jobs cost, from the counts of `npm run bench:bill`, and the instances that run them.
import { table } from "../document.mjs";
import { idlePrices } from "../idlePrices.mjs";
import { dollars, numericTable } from "./figures.mjs";
import { assumedSeconds } from "./idle.mjs";

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

export function logBytesOf({ logBytes }) {
  return Object.values(logBytes).reduce((sum, bytes) => sum + bytes, 0);
}

export function billTable(counts, idleMinutes) {
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

export function partsTable(counts) {
  const rows = counts.map(({ name, target, total, dollars: parts }) => {
    const cells = [parts.requests, parts.logs, parts.functions, parts.scaler].map(dollars);
    return [name, ...cells, `**${dollars(total)}**`, dollars(target)];
  });
  const head = ["A million jobs", "Requests and writes", "Logs", "Functions' time", "Scaler", "All", "Wanted, at most"];
  return numericTable(head, rows);
}

/** Figures of each kind that was counted, by way in which jobs come. */
export function countTable(what, counts, of, total) {
  const kinds = [...new Set(counts.flatMap((each) => Object.keys(of(each))))].sort();
  const rows = kinds.map((kind) => [kind, ...counts.map((each) => Number((of(each)[kind] ?? 0).toFixed(4)))]);
  const last = total ? [["**All**", ...counts.map((each) => `**${total(each)}**`)]] : [];
  return numericTable([what, ...counts.map(({ name }) => name)], [...rows, ...last]);
}

/** A month of one instance that is 80 % busy, and of one that has next to nothing to do. */
export function instanceTable() {
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

/** Assumptions behind the tables, and what they leave out. */
export function assumptionTable() {
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
