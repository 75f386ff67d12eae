import { Command } from "commander";
import { renderTypes } from "../jobTables";
import { openSession, print, printJson } from "../session";

export function addTypes(program: Command): void {
  program
    .command("types")
    .description("Lists the job types that the API takes")
    .addHelpText(
      "after",
      "\nExamples:\n  $ batch-jobs types\n  $ batch-jobs types --json | jq '.types[].payloadSchema'",
    )
    .action(async (_options: object, command: Command) => {
      const { client, isJson } = await openSession(command);
      const types = await client.types();
      if (isJson) printJson({ types });
      else print(renderTypes(types));
    });
}
