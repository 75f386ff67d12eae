import { type Command } from "commander";
import type { JobClient, UsageQuery, UsageReport } from "../../client/index";
import { usageError } from "../exitCodes";
import { day, usageKind } from "../optionValues";
import { out } from "../output/terminal";
import { renderUsage, usageCsv, withRest } from "../output/usageTables";
import { openSessionOfOne, print, printJson } from "../session";

type UsageOptions = Omit<UsageQuery, "per" | "signal"> & { days?: boolean; csv?: boolean };

export function addUsage(program: Command): void {
  program
    .command("usage")
    .description(
      "Adds up the instance time that jobs have used, its price, and what stood idle; of this month by default",
    )
    .option(
      "--by <what>",
      "a row for each type, tenant, or value of a label (default: type, or label with --label)",
      usageKind,
    )
    .option("--label <name>", "the label: one of the component's usageLabels (default: none)")
    .option("--type <type>", "of this job type alone, which may be one that was removed (default: all)")
    .option("--from <day>", "first day, in UTC (default: the first of the last day's month)", day)
    .option("--to <day>", "last day (default: today)", day)
    .option("--days", "a row for each day")
    .option("--csv", "print CSV")
    .addHelpText(
      "after",
      "\nExamples:\n  $ batch-jobs usage --to 2026-10-31\n  $ batch-jobs usage --by tenant --days --csv > usage.csv",
    )
    .action(async ({ days, csv, ...given }: UsageOptions, command: Command) => {
      const { client, isJson } = await openSessionOfOne(command);
      if (csv && isJson) throw usageError("Expected --csv or --json, got both");
      const query: UsageQuery = {
        ...{ by: given.label === undefined ? "type" : "label", ...given },
        ...(days && { per: "day" }),
      };
      const report = await client.usage(query);
      if (isJson) return printJson(report);
      const whole = withRest(report, await typesDays(client, query, report));
      if (csv) out.write(usageCsv(whole));
      else print(renderUsage(whole));
    });
}

/** Usage of all jobs on each day, which says what jobs without a tenant or label have used. */
async function typesDays(
  client: JobClient,
  query: UsageQuery,
  { from, to }: UsageReport,
): Promise<UsageReport["rows"]> {
  if (query.by === "type" || query.per === undefined) return [];
  const { type } = query;
  return (await client.usage({ by: "type", type, from, to, per: "day" })).rows;
}
