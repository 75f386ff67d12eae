import type { Command } from "commander";

/** Options of every benchmark. */
export interface CommonOptions {
  smoke?: true;
  json?: true;
}

/**
 * Reads a benchmark's options and runs it; an error fails the process. With `--smoke` it is short, by these options,
 * and its figures are not judged.
 */
export function runBenchmark<Options>(
  command: Command,
  short: Record<string, unknown>,
  run: (options: Options & CommonOptions) => Promise<void>,
): void {
  // The SDK's warning about the end of its support for Node 20, on standard error.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  command
    .option("--json", "print one JSON object")
    .option("--smoke", "a short run that only shows that it works: no target counts")
    .on("option:smoke", () => Object.entries(short).forEach(([option, value]) => command.setOptionValue(option, value)))
    .parse();
  run(command.opts<Options & CommonOptions & Record<string, unknown>>()).catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}

/** Prints what was measured, as JSON or as a text, and the targets that it misses, for which the process fails. */
export function conclude({ json, smoke }: CommonOptions, figures: object, text: string, missed: string[]): void {
  const misses = smoke ? [] : missed;
  const verdict = misses.length === 0 ? "Every target is reached." : misses.join("\n");
  if (json) console.log(JSON.stringify({ ...figures, misses }));
  else console.log(`${text}\n${smoke ? "A short run: its figures are not judged." : verdict}`);
  process.exitCode = misses.length === 0 ? 0 : 1;
}
