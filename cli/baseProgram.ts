import { Command, type CommanderError } from "commander";
import { exitCodes } from "./exitCodes";
import { endWithOutput, err, out } from "./output/terminal";
import { packageVersion } from "./packageVersion";
import { reportFailure } from "./reportFailure";
import { usageProblem } from "./usageProblem";

/**
 * A command line of this package, without commands: prints through our outputs, and says what is wrong as all
 * commands do.
 */
export function baseProgram(name: string): Command {
  return new Command(name)
    .version(packageVersion(), "-V, --version", "print the version")
    .configureOutput({
      writeOut: (text) => out.write(text),
      // Commander shows only help if a command is missing; refusals are reported below, like all failures.
      writeErr: (text) => err.write(text),
      outputError: () => undefined,
    })
    .exitOverride(endOn);
}

/** Runs a command line, which ends the process with its exit code. */
export function runProgram(program: Command): void {
  endWithOutput();
  program.parseAsync().catch((error: unknown) => {
    process.exitCode = reportFailure(error);
  });
}

/** Ends the process as commander wants: after help and the version, and if the command line is invalid. */
function endOn(error: CommanderError): never {
  if (error.exitCode === 0) process.exit(exitCodes.ok);
  const problem = usageProblem(error);
  process.exit(problem ? reportFailure(problem) : exitCodes.usage);
}
