import type { Command } from "commander";
import type { Health, JobClient, JobType } from "../../client/index";
import { exitCodes, usageError } from "../exitCodes";
import { findApis } from "../findApi";
import { seconds } from "../optionValues";
import { plainTable } from "../output/plainTable";
import { oneLine } from "../output/printable";
import { paint, styled } from "../output/styled";
import { out } from "../output/terminal";
import { readPayloads } from "../readPayloads";
import { type Difference, regionDifferences } from "../regionDifferences";
import { clientOf, type GlobalOptions, print, printJson } from "../session";
import { reasonOf } from "../waitForJobs";

/** The limits of a second region, in the words of README and docs/disaster-recovery.md. */
export const notCovered = [
  "Jobs accepted in a lost region wait there, and run when it is back.",
  "A job whose answer got lost may run in both regions.",
  "Idempotency keys, lists and actions are each region's own.",
  "Payloads and results in a region's bucket are there alone.",
  "Nothing is moved by itself.",
];

/** Outcome of a region's checks: what was found, or the reason why not. */
interface RegionCheck {
  url: string;
  health: Health | { status: "failing"; error: string };
  types: JobType[] | { error: string };
  canary: { id?: string; seconds?: number; error?: string };
}

export function addDrill(program: Command): void {
  program
    .command("drill")
    .description("Checks that two or more regions are ready: health, the same types, and a job in each")
    .requiredOption("--type <type>", "job type of the canary, which runs once in each region")
    .option("--payload <json>", "payload of the canary", "null")
    .option("--timeout <seconds>", "how long a canary may take, start of an instance included", seconds, 600)
    .addHelpText(
      "after",
      `
A schedule should be on in one region alone (schedulesEnabled). Not covered by a second region:
${notCovered.map((line) => `- ${line}`).join("\n")}

Examples:
  $ batch-jobs drill --output urls --type report --payload '{"month": "May"}'
  $ batch-jobs drill --url https://a.example.com --url https://b.example.com --type report`,
    )
    .action(async (_options: object, command: Command) => {
      const options = command.optsWithGlobals<DrillOptions>();
      const urls = await findApis(options);
      if (urls.length < 2) throw usageError("Expected two URLs or more, got one", "Give --url twice");
      const [payload] = await readPayloads({ argument: options.payload });
      const checks = await Promise.all(
        urls.map((url) => checkRegion(clientOf([url], options, urls), url.href, payload, options)),
      );
      const known = checks.flatMap(({ types }) => (Array.isArray(types) ? [types] : []));
      const differences = known.length === checks.length ? regionDifferences(known) : [];
      if (options.json) printJson({ regions: checks.map(summaryOf), differences, notCovered });
      else printDrill(checks, differences);
      const isReady = differences.length === 0 && checks.every(isWell);
      process.exitCode = isReady ? exitCodes.ok : exitCodes.failed;
    });
}

interface DrillOptions extends GlobalOptions {
  type: string;
  payload: string;
  timeout: number;
}

async function checkRegion(
  client: JobClient,
  url: string,
  payload: unknown,
  { type, timeout: timeoutSeconds }: DrillOptions,
): Promise<RegionCheck> {
  const caught = (error: unknown) => ({ error: (error as Error).message });
  const runCanary = async () => {
    const start = performance.now();
    const job = await client.wait(await client.submit(type, payload), { timeoutSeconds });
    if (job.state !== "succeeded") return { id: job.id, error: reasonOf(job) };
    return { id: job.id, seconds: Math.round((performance.now() - start) / 1_000) };
  };
  const [health, types, canary] = await Promise.all([
    client.health().catch((error: unknown) => ({ status: "failing" as const, ...caught(error) })),
    client.types().catch(caught),
    runCanary().catch(caught),
  ]);
  return { url, health, types, canary };
}

function isWell({ health, types, canary }: RegionCheck): boolean {
  return health.status === "ok" && Array.isArray(types) && canary.error === undefined;
}

function summaryOf(check: RegionCheck): object {
  const { types } = check;
  return { ...check, types: Array.isArray(types) ? types.map(({ type }) => type) : types, isReady: isWell(check) };
}

function printDrill(checks: RegionCheck[], differences: Difference[]): void {
  const names = checks.map(({ url }) => new URL(url).host);
  const rows = checks.map((check, index) => [
    isWell(check) ? paint.green("✔") : paint.red("✖"),
    names[index]!,
    healthText(check.health),
    Array.isArray(check.types) ? String(check.types.length) : "",
    check.canary.seconds === undefined ? "failed" : `${check.canary.seconds} s`,
  ]);
  const columns = [
    ...[{ head: "" }, { head: "REGION", least: 16 }, { head: "HEALTH", least: 8 }],
    ...[
      { head: "TYPES", align: "right" as const },
      { head: "CANARY", align: "right" as const },
    ],
  ];
  print(plainTable(columns, rows, out.columns));
  for (const { url, health, types, canary } of checks) {
    const errors = ["error" in health && health.error, "error" in types && types.error, canary.error];
    for (const error of new Set(errors))
      if (error) print(styled`${paint.red("✖")} ${new URL(url).host}: ${oneLine(error)}`);
  }
  if (differences.length > 0) {
    print("");
    const heads = names.map((head) => ({ head, least: 12 }));
    const cells = differences.map(({ what, values }) => [what, ...values]);
    print(plainTable([{ head: "DIFFERENCE", least: 20 }, ...heads], cells, out.columns));
  }
  print("\nNot covered by a second region:");
  for (const line of notCovered) print(`- ${line}`);
}

function healthText(health: RegionCheck["health"]): string {
  if (!("parts" in health) || !health.parts) return health.status;
  const { counts, ...parts } = health.parts;
  const failing = Object.entries({ ...parts, counts }).flatMap(([name, part]) =>
    part?.status === "failing" ? name : [],
  );
  if (failing.length > 0) return `failing: ${failing.join(", ")}`;
  return counts.ageSeconds === undefined ? "ok" : `ok, counted ${counts.ageSeconds} s ago`;
}
