import { type Command } from "commander";
import { count } from "../optionValues";
import { renderHistory, renderSchedules, renderTypes } from "../output/jobTables";
import { paint } from "../output/styled";
import { openSessionOfOne, print, printJson } from "../session";

export function addSchedules(program: Command): void {
  program
    .command("schedules")
    .description("Lists the recurring schedules that submit jobs")
    .addHelpText("after", "\nExamples:\n  $ batch-jobs schedules")
    .action(async (_options: object, command: Command) => {
      const { client, isJson } = await openSessionOfOne(command);
      const schedules = await client.schedules();
      if (isJson) printJson({ schedules });
      else print(renderSchedules(schedules));
    });
}

export function addTypes(program: Command): void {
  const types = program
    .command("types")
    .description("Lists the job types that the API takes, with what waits, runs and failed of each")
    .addHelpText(
      "after",
      "\nExamples:\n  $ batch-jobs types\n  $ batch-jobs types --json | jq '.types[].payloadSchema'",
    )
    .action(async (_options: object, command: Command) => {
      const { client, isJson } = await openSessionOfOne(command);
      const known = await client.types();
      if (isJson) printJson({ types: known });
      else print(renderTypes(known, new Date()));
    });
  types
    .command("history")
    .description("Shows a type's jobs and instances over time, and why their number changed")
    .argument("<type>", "job type")
    .option("--minutes <number>", "how far back, at most 10080", count, 60)
    .addHelpText(
      "after",
      "\nExamples:\n  $ batch-jobs types history thumbnail\n  $ batch-jobs types history thumbnail --minutes 1440",
    )
    .action(async (type: string, { minutes }: { minutes: number }, command: Command) => {
      const { client, isJson } = await openSessionOfOne(command);
      const counts = await client.history(type, { minutes });
      if (isJson) printJson({ type, counts });
      else print(renderHistory(counts));
    });
  types
    .command("retry")
    .description("Retries the launches of a type's workers now, where they failed and wait for their next try")
    .argument("<type>", "job type")
    .addHelpText("after", "\nExamples:\n  $ batch-jobs types retry thumbnail")
    .action(async (type: string, _options: object, command: Command) => {
      const { client, isJson } = await openSessionOfOne(command);
      await client.retryLaunches(type);
      if (isJson) return printJson({ type });
      print([paint.green("✔"), ` Launches of ${type} are tried now; batch-jobs types says whether they fail again`]);
    });
}
