import type { Command } from "commander";

/** Adds `--smoke`: a short run with these options, which shows that the benchmark works. Its figures are not judged. */
export function withSmoke(command: Command, short: Record<string, unknown>): Command {
  return command
    .option("--smoke", "a short run that only shows that it works: no target counts")
    .on("option:smoke", () =>
      Object.entries(short).forEach(([option, value]) => command.setOptionValue(option, value)),
    );
}

/** The last line of a run. */
export function verdictOf(misses: string[], isSmoke: boolean | undefined): string {
  if (isSmoke) return "A short run: its figures are not judged.";
  return misses.length === 0 ? "Every target is reached." : misses.join("\n");
}
