import { stringify } from "csv-stringify/sync";
import type { UsageReport, UsageRow, UsageSum } from "../../client/index";
import type { Usage } from "../../contract/fleet/usage";
import { addUsage, withIdle } from "../../contract/http/usageReport";
import { plainTable } from "./plainTable";
import { paint, type Styled } from "./styled";
import { out } from "./terminal";

/** Least that is shown of a rest: what adding up leaves behind is none. */
const leastSeconds = 0.01;

/**
 * The report, by tenant or label with rows without a name for the jobs that have none, so that its rows add up to the
 * total; by day, from the usage of all jobs on each day.
 */
export function withRest(report: UsageReport, allByDay: UsageRow[]): UsageReport {
  const { by, rows, total } = report;
  if (by === "type") return report;
  const whole = new Map<string | undefined, UsageSum>();
  for (const { day, jobs, seconds, dollars } of allByDay.length > 0 ? allByDay : [{ ...total, day: undefined }]) {
    const sum = whole.get(day) ?? { jobs: 0, seconds: 0 };
    addUsage(sum, { jobs, seconds, dollars });
    whole.set(day, sum);
  }
  for (const { day, jobs, seconds, dollars } of rows) {
    const less = { jobs: -jobs, seconds: -seconds, ...(dollars !== undefined && { dollars: -dollars }) };
    const sum = whole.get(day);
    if (sum) addUsage(sum, less);
  }
  const rest = [...whole].flatMap(([day, sum]): UsageRow[] => {
    if (sum.jobs <= 0 && sum.seconds < leastSeconds) return [];
    const dollars = sum.dollars === undefined ? {} : { dollars: Math.max(0, sum.dollars) };
    const name = by === "tenant" ? { tenant: "" } : { value: "" };
    return [
      { ...(day && { day }), ...name, ...withIdle({ jobs: Math.max(0, sum.jobs), seconds: sum.seconds, ...dollars }) },
    ];
  });
  const byDay = [...rows, ...rest].sort((one, other) => (one.day ?? "").localeCompare(other.day ?? ""));
  return { ...report, rows: byDay };
}

/** Usage as a table, the dearest rows first, and what is to be known of it. */
export function renderUsage(report: UsageReport): Styled {
  const { by, label, from, to, rows, total } = report;
  const hasDays = rows.some(({ day }) => day !== undefined);
  const isByType = by === "type";
  const cost = ({ dollars = 0, seconds }: UsageSum) => [dollars, seconds] as const;
  const sorted = [...rows].sort((one, other) => {
    const [[dollars, seconds], [others, othersSeconds]] = [cost(one), cost(other)];
    return (one.day ?? "").localeCompare(other.day ?? "") || others - dollars || othersSeconds - seconds;
  });
  const cellsOf = (sum: UsageSum): string[] => [
    ...[sum.jobs.toLocaleString("en-US"), time(sum.seconds), money(sum.dollars)],
    ...(isByType ? [time(sum.idleSeconds), money(sum.idleDollars)] : []),
  ];
  const lines = sorted.map((row): Styled[] => [
    ...(hasDays ? [row.day ?? ""] : []),
    row.type ?? (row.tenant || row.value || "(none)"),
    ...cellsOf(row),
  ]);
  const totals: Styled[] = [...(hasDays ? [""] : []), "total", ...cellsOf(total)].map((cell) => paint.bold(cell));
  const right = "right" as const;
  const columns = [
    ...(hasDays ? [{ head: "DAY" }] : []),
    { head: (label ?? by).toUpperCase(), least: 12 },
    ...["JOBS", "USED", "COST", ...(isByType ? ["IDLE", "IDLE COST"] : [])].map((head) => ({ head, align: right })),
  ];
  const table = rows.length > 0 ? [plainTable(columns, [...lines, totals], out.columns), "\n\n"] : [];
  return [
    ...table,
    ...saidOf(report, `${from} to ${to} (UTC)`).flatMap((line, at) => (at === 0 ? [line] : ["\n", line])),
  ];
}

function saidOf({ by, label, rows, total }: UsageReport, days: string): string[] {
  const { dollars, instanceSeconds, instanceDollars, idleSeconds = 0, idleDollars, unpriced } = total;
  const isPriced = dollars !== undefined || instanceDollars !== undefined;
  const up = `Instances were up for ${time(instanceSeconds)}${isPriced ? `, ${money(instanceDollars)}` : ""}`;
  const hasNoValue = by === "label" && rows.every(({ value }) => value === "");
  const share = instanceSeconds ? ` (${Math.round((100 * idleSeconds) / instanceSeconds)} %)` : "";
  return [
    `${rows.length === 0 ? `No usage from ${days}` : days}${hasNoValue ? `; is ${label} one of the component's usageLabels?` : ""}`,
    ...(instanceSeconds === undefined
      ? []
      : [`${up}; no job used ${time(idleSeconds)}${isPriced ? `, ${money(idleDollars)}` : ""} of it${share}`]),
    ...(unpriced
      ? [
          isPriced ? "Costs lack a part whose price is not known." : "No price is known.",
          "The component's pricePerInstanceHour gives one",
        ]
      : []),
  ];
}

/** Usage as CSV, with a head. A spreadsheet takes no name in it for a formula: such names begin with an apostrophe. */
export function usageCsv({ by, label, rows }: UsageReport): string {
  const hasDays = rows.some(({ day }) => day !== undefined);
  const name = by === "label" ? "value" : by;
  const figures = ["jobs", "seconds", "dollars", ...(by === "type" ? instanceFigures : []), "unpriced"];
  const columns = [...(hasDays ? ["day"] : []), name, ...figures].map((key) => ({
    key,
    header: key === "value" ? label! : key,
  }));
  return stringify(rows, { header: true, columns, escape_formulas: true, cast: { boolean: String } });
}

/** A job's usage in words. */
export function usageText({ seconds, dollars }: Usage): string {
  return dollars === undefined ? time(seconds) : `${time(seconds)}, ${money(dollars)}`;
}

const instanceFigures = ["instanceSeconds", "instanceDollars", "idleSeconds", "idleDollars"];

/** A time, by its size in seconds, minutes or hours. */
function time(seconds: number | undefined): string {
  if (seconds === undefined) return "";
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`;
  if (seconds < 7_200) return `${(seconds / 60).toFixed(1)} min`;
  return `${(seconds / 3_600).toLocaleString("en-US", { maximumFractionDigits: 1 })} h`;
}

const leastDollars = 0.000_1;

/** Dollars, in cents from one dollar on. */
function money(dollars: number | undefined): string {
  if (dollars === undefined) return "";
  if (dollars > 0 && dollars < leastDollars) return `< $${leastDollars}`;
  const digits = dollars >= 1 || dollars === 0 ? 2 : 4;
  return `$${dollars.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}
