import { type Command, Option } from "commander";
import { portNumber } from "../optionValues";

/** Values of the options that `batch-jobs local` and `npm start` share. */
export interface RunOptions {
  port?: number;
  enforceAuth?: boolean;
  inspect?: number;
  data?: string;
  open?: boolean;
  verbose?: boolean;
  watch?: boolean;
}

/** Adds the options of a stack's run on this machine. */
export function addRunOptions(command: Command): Command {
  return command
    .option("--port <number>", "port of the HTTP API (default: a free one)", portNumber)
    .option(
      "--enforce-auth",
      "enforce the HTTP API's authorization, as AWS does (default: callers aren't authenticated)",
    )
    .option("--watch", "redeploy whenever the project's files change; queues, records and jobs at work stay")
    .addOption(
      new Option(
        "--inspect [port]",
        "let debuggers attach to handlers, whose attempts then have no timeout: on 127.0.0.1, at this port (9229) or the " +
          "next free ones",
      )
        .argParser(portNumber)
        .preset("9229"),
    )
    .option("--data <folder>", "keep queues, records, objects and schedules there between runs (default: they end)")
    .option("--open", "open the console in a browser once the stack is up")
    .option("--verbose", "print what the functions and workers log, on standard error");
}
