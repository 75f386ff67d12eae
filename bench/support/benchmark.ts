import type { Command } from "commander";

/** Runs a benchmark's main function; an error fails the process. */
export function runBenchmark(main: () => Promise<void>): void {
  // The SDK's warning about the end of its support for Node 20, on standard error.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  main().catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}

/** Adds `--smoke`: a short run with these options, which shows that the benchmark works. Its figures are not judged. */
export function withSmoke(command: Command, short: Record<string, unknown>): Command {
  return command
    .option("--smoke", "a short run that only shows that it works: no target counts")
    .on("option:smoke", () =>
      Object.entries(short).forEach(([option, value]) => command.setOptionValue(option, value)),
    );
}

/** Prints what was measured, as JSON or as a text, and the targets that it misses, for which the process fails. */
export function conclude(
  { json, smoke }: { json?: true; smoke?: true },
  figures: object,
  text: string,
  missed: string[],
): void {
  const misses = smoke ? [] : missed;
  const verdict = misses.length === 0 ? "Every target is reached." : misses.join("\n");
  if (json) console.log(JSON.stringify({ ...figures, misses }));
  else console.log(`${text}\n${smoke ? "A short run: its figures are not judged." : verdict}`);
  process.exitCode = misses.length === 0 ? 0 : 1;
}
