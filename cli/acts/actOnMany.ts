import type { Command } from "commander";
import type { Action, ActionVerb, JobFilter, JobState } from "../../client/index";
import { CommandError, type ExitCode, exitCodes, usageError } from "../exitCodes";
import { jobState, labelPair, rate, timeAgo } from "../optionValues";
import { filterText, jobCount, renderAction } from "../output/actionTables";
import { openSessionOfOne, print, printJson, type Session } from "../session";
import { confirm, expectYes } from "./confirm";
import { followAction } from "./followAction";

/** Options that choose many jobs, and say how to act on them. */
export interface ManyOptions {
  type?: string;
  state?: JobState;
  tenant?: string;
  /** `name:value`. */
  label?: string;
  /** Name of an error, or its kind. */
  error?: string;
  /** Epoch milliseconds. */
  since?: number;
  rate?: number;
  reason?: string;
  dryRun?: boolean;
  yes?: boolean;
}

/** Gives a command the options by which it acts on many jobs; `states` is the default of `--state`. */
export function takesMany(command: Command, states: string): Command {
  return command
    .option("--state <state>", `those in this state (default: ${states})`, jobState)
    .option("--tenant <tenant>", "those of this tenant (default: of all)")
    .option("--label <name=value>", "those with this label (default: any)", labelPair)
    .option("--error <error>", "those with this error, by name or as failures shows it (default: any)")
    .option(
      "--since <time>",
      "those submitted since then, or that failed or were cancelled: 2h, or a time (default: ever)",
      timeAgo,
    )
    .option("--rate <number>", "how many a second at most (default: as fast as they are done)", rate)
    .option("--reason <text>", "text that the action shows (default: none)")
    .option("--dry-run", "only count them")
    .option("-y, --yes", "don't ask");
}

/** True if a filter chooses the jobs, false if their ids do. @throws CommandError if both or neither do. */
export function isByFilter(ids: readonly string[], options: ManyOptions): boolean {
  const given = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [optionOf(name)]));
  if (ids.length > 0) {
    if (given.length > 0) throw usageError(`Expected ids or a filter, got ids and ${given.join(", ")}`);
    return false;
  }
  if (options.type !== undefined) return true;
  throw usageError(`Expected ids, or a filter with --type, got ${given.join(", ") || "neither"}`);
}

/** Counts the jobs of the filter, asks, acts on those that were counted, follows the action, and shows it. */
export async function actOnMany(verb: ActionVerb, options: ManyOptions, command: Command): Promise<void> {
  const { rate: ratePerSecond, reason, dryRun, yes } = options;
  if (!dryRun && !yes) expectYes(`${verb} the jobs of a filter`, "--dry-run counts them");
  const session = await openSessionOfOne(command);
  const { client } = session;
  const counted = await followAction(session, await client.act(verb, { filter: filterOf(options), dryRun: true }));
  const { state, filter, counts, startedAt } = counted;
  if (state !== "done") throw new CommandError("The count was stopped; nothing was done");
  if (dryRun || counts.matched === 0) return showAction(session, counted);
  if (!yes) await confirm(`Do you want to ${verb} ${jobCount(counts.matched)} of ${filterText(filter!)}?`);
  const wanted = { ...filter!, to: filter!.to ?? startedAt };
  const begun = await client.act(verb, { filter: wanted, ratePerSecond, reason });
  const ended = await followAction(session, begun, counts.matched);
  showAction(session, ended);
  process.exitCode = outcomeOf(ended);
}

export function showAction({ isJson }: Session, action: Action): void {
  if (isJson) printJson(action);
  else print(renderAction(action));
}

/** Exit code for an action that has ended: 1 if it was stopped, or could not act on jobs. */
export function outcomeOf({ state, counts }: Action): ExitCode {
  return state === "stopped" || counts.failed > 0 ? exitCodes.failed : exitCodes.ok;
}

function filterOf({ type, state, tenant, label, error, since }: ManyOptions): JobFilter {
  const from = since === undefined ? undefined : new Date(since).toISOString();
  // A kind is a name, a colon and a message.
  const kind = error?.includes(": ") ? { errorKey: error } : { errorName: error };
  return { type: type!, state, tenant, label, from, ...kind };
}

function optionOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
