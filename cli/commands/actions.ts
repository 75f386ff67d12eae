import { type Command } from "commander";
import type { Action } from "../../client/index";
import { outcomeOf, showAction } from "../acts/actOnMany";
import { followAction } from "../acts/followAction";
import { renderActions, renderFailures } from "../output/actionTables";
import { openSession, openSessionOfOne, print, printJson, type Session } from "../session";

export function addActions(program: Command): void {
  const group = program
    .command("actions")
    .description("Shows, follows and stops the actions on many jobs, of retry, replay and cancel")
    .addHelpText("after", "\nExamples:\n  $ batch-jobs actions\n  $ batch-jobs actions stop $ID");
  group
    .command("list", { isDefault: true })
    .description("Lists the last actions, newest first")
    .addHelpText("after", "\nExamples:\n  $ batch-jobs actions list --json")
    .action(async (_options: object, command: Command) => {
      const { client, isJson } = await openSessionOfOne(command);
      const actions = await client.actions();
      if (isJson) printJson({ actions });
      else print(actions.length > 0 ? renderActions(actions) : "No actions");
    });
  addOne(group, "show", "Shows an action", ({ client }, id) => client.action(id));
  addOne(group, "stop", "Stops an action, except for the jobs that are under way", ({ client }, id) =>
    client.stopAction(id),
  );
  addOne(group, "follow", "Waits until an action has ended", async (session, id) => {
    const ended = await followAction(session, await session.client.action(id));
    process.exitCode = outcomeOf(ended);
    return ended;
  });
}

function addOne(
  group: Command,
  name: string,
  description: string,
  act: (session: Session, id: string) => Promise<Action>,
): void {
  group
    .command(name)
    .description(description)
    .argument("<id>", "id of the action")
    .addHelpText("after", `\nExamples:\n  $ batch-jobs actions ${name} $ID`)
    .action(async (id: string, _options: object, command: Command) => {
      const session = await openSession(command);
      showAction(session, await act(session, id));
    });
}

export function addFailures(program: Command): void {
  program
    .command("failures")
    .description("Groups the newest 1,000 failed jobs by type and kind of error")
    .option("--type <type>", "only of this job type (default: of all)")
    .addHelpText(
      "after",
      '\nExamples:\n  $ batch-jobs failures\n  $ batch-jobs retry --type thumbnail --error "TypeError: no text" --dry-run',
    )
    .action(async ({ type }: { type?: string }, command: Command) => {
      const { client, isJson } = await openSessionOfOne(command);
      const failures = await client.failures({ type });
      if (isJson) printJson({ failures });
      else print(failures.length > 0 ? renderFailures(failures) : "No failed jobs");
    });
}
