import { type Command } from "commander";
import type { Job, JobClient } from "../../client/index";
import { actOnMany, isByFilter, type ManyOptions, takesMany } from "../acts/actOnMany";
import { exitCodes, usageError } from "../exitCodes";
import { wholeSeconds } from "../optionValues";
import { paint } from "../output/styled";
import { readPayloads } from "../readPayloads";
import { reportFailure } from "../reportFailure";
import { openSession, print, printJson } from "../session";

export function addCancel(program: Command): void {
  const cancel = program
    .command("cancel")
    .description("Cancels jobs: one that waits never runs, one that runs is asked to stop")
    .argument("[ids...]", "job ids")
    .option("--type <type>", "those of this job type");
  takesMany(cancel, "all that wait or run")
    .addHelpText(
      "after",
      "\nExamples:\n  $ batch-jobs cancel picture-17\n  $ batch-jobs cancel --type thumbnail --label campaign=spring --dry-run",
    )
    .action((ids: string[], options: ManyOptions, command: Command) =>
      isByFilter(ids, options)
        ? actOnMany("cancel", options, command)
        : actOnEach(ids, command, (client, id) => client.cancel(id), cancelled),
    );
}

/** Acts on each job, and prints how it then is: one that refuses keeps no other from its turn. */
async function actOnEach(
  ids: string[],
  command: Command,
  act: (client: JobClient, id: string) => Promise<Job>,
  text: (job: Job) => string,
): Promise<void> {
  const { client, isJson } = await openSession(command);
  const jobs: Job[] = [];
  let exitCode: number = exitCodes.ok;
  for (const id of new Set(ids)) {
    await act(client, id).then(
      (job) => jobs.push(job),
      (error: unknown) => (exitCode = Math.max(exitCode, reportFailure(error))),
    );
  }
  if (isJson) printJson(ids.length === 1 ? (jobs[0] ?? null) : { jobs });
  else for (const job of jobs) print([paint.green("✔"), ` ${text(job)}`]);
  process.exitCode = exitCode;
}

function cancelled({ id, state }: Job): string {
  if (state === "cancelled") return `Job ${id} is cancelled`;
  return `Job ${id} is ${state} and was asked to stop; batch-jobs wait ${id} shows when it has`;
}

export function addRetry(program: Command): void {
  const retry = program
    .command("retry")
    .description(
      "Runs failed or cancelled jobs again, under their ids and with attempts counted from zero: those named, or those of a filter",
    )
    .argument("[ids...]", "job ids")
    .option("--delay <seconds>", "how long jobs that are named wait before they may begin (default: 0)", wholeSeconds)
    .option("--type <type>", "those of this job type");
  takesMany(retry, "failed")
    .addHelpText(
      "after",
      "\nExamples:\n  $ batch-jobs retry picture-17 && batch-jobs wait picture-17\n  $ batch-jobs retry --type thumbnail --tenant acme --error TypeError --since 2h",
    )
    .action((ids: string[], { delay, ...many }: ManyOptions & { delay?: number }, command: Command) => {
      if (isByFilter(ids, many)) {
        if (delay !== undefined) throw usageError("Expected --delay with ids, got it with a filter");
        return actOnMany("retry", many, command);
      }
      return actOnEach(
        ids,
        command,
        (client, id) => client.retry(id, { delaySeconds: delay }),
        ({ id, state }) => `Job ${id} is ${state}`,
      );
    });
}

export function addRemoveData(program: Command): void {
  program
    .command("remove-data")
    .description("Removes the payload, result, checkpoint and dead letter of ended jobs, for good")
    .argument("<ids...>", "job ids")
    .addHelpText("after", "\nExamples:\n  $ batch-jobs remove-data picture-17")
    .action((ids: string[], _options: object, command: Command) =>
      actOnEach(
        ids,
        command,
        (client, id) => client.removeData(id),
        ({ id }) => `The data of job ${id} is removed`,
      ),
    );
}

interface ReplayOptions extends ManyOptions {
  payload?: string;
  id?: string;
}

export function addReplay(program: Command): void {
  const replay = program
    .command("replay")
    .description("Submits a job like this one, and prints its id; with a filter, one for each of its jobs")
    .argument("[id]", "job id")
    .option("--payload <json>", "another payload (default: that of the job)")
    .option("--type <type>", "with an id, another job type (default: that of the job); else those of this type")
    .option("--id <id>", "the new job's id (default: one that the API gives)");
  takesMany(replay, "failed")
    .addHelpText(
      "after",
      "\nExamples:\n  $ batch-jobs wait $(batch-jobs replay picture-17)\n  $ batch-jobs replay --type thumbnail --state succeeded --since 1d --rate 5",
    )
    .action(async (id: string | undefined, options: ReplayOptions, command: Command) => {
      const { payload: argument, id: newId, type, ...many } = options;
      if (id === undefined && (argument !== undefined || newId !== undefined)) {
        throw usageError("Expected --payload and --id with a job's id, got them without one");
      }
      const chosen = id === undefined ? { ...many, type } : many;
      if (isByFilter(id === undefined ? [] : [id], chosen)) return actOnMany("replay", chosen, command);
      const payload = argument === undefined ? {} : { payload: (await readPayloads({ argument }))[0] };
      const { client, isJson } = await openSession(command);
      const job = await client.replay(id!, { ...{ id: newId, type }, ...payload });
      if (isJson) printJson(job);
      else print(job.id);
    });
}
