import type { ChildProcess } from "node:child_process";
import { isObject } from "../../contract/check";
import { startChild } from "../children";
import type { LogEntry } from "../log";

const installation = "https://www.pulumi.com/docs/iac/download-install/";

export interface PulumiRun {
  /** Pulumi's name of the program's language. */
  runtime: string;
  cwd: string;
  env: Record<string, string>;
  /** Receives the warnings, and what the program prints. */
  say: (stream: LogEntry["stream"], line: string) => void;
}

/**
 * Starts a command of the Pulumi CLI. `ended` resolves to what it printed beside the engine's events.
 *
 * @throws Error if there is no CLI, or with what it or the engine says of a failure.
 */
export function runPulumi(
  args: string[],
  { runtime, cwd, env, say }: PulumiRun,
): { child: ChildProcess; ended: Promise<string> } {
  const printed: Record<LogEntry["stream"], string[]> = { stdout: [], stderr: [] };
  const errors: string[] = [];
  const onLine = (stream: LogEntry["stream"], line: string) => {
    const event = line.startsWith('{"sequence":') ? (JSON.parse(line) as EngineEvent) : undefined;
    if (!event) return void printed[stream].push(line);
    const { severity = "", message = "", urn } = event.diagnosticEvent ?? {};
    // The last error only says that there were others.
    if (severity === "error" && message.trim() !== "update failed") errors.push(`${subjectOf(urn)}${message.trim()}`);
    else if (errors.length === 0 && /^(info|warning)/.test(severity)) {
      // Once it has failed, the engine interrupts the program, which may complain.
      const lines = message.split("\n").filter(Boolean);
      lines.forEach((each) => say(severity === "info" ? "stdout" : "stderr", each));
    }
  };
  const child = startChild({ main: { command: "pulumi" }, args, cwd, env, onLine });
  const ended = new Promise<string>((resolve, reject) => {
    child.once("error", (error) => {
      const isMissing = isObject(error) && error.code === "ENOENT";
      const problem = `Expected the Pulumi CLI on the PATH, which runs programs in ${runtime}, found none: ${installation}`;
      reject(isMissing ? new Error(problem) : error);
    });
    child.once("close", (code) => {
      if (code === 0) resolve(printed.stdout.join("\n"));
      else
        reject(new Error((errors.length > 0 ? errors : printed.stderr).join("\n") || `pulumi ended with code ${code}`));
    });
  });
  return { child, ended };
}

interface EngineEvent {
  diagnosticEvent?: { urn?: string; severity: string; message: string };
}

/** The resource that a message is about; nothing of one about the stack. */
function subjectOf(urn = ""): string {
  const [, , types = "", name] = urn.split("::");
  const type = types.split("$").at(-1)!;
  return name === undefined || type === "pulumi:pulumi:Stack" ? "" : `${name} (${type}): `;
}
