import { limits } from "../../contract/limits";
import type { LogLine } from "../../contract/log";
import type { LogEntry } from "../../local-cloud/index";

/**
 * Variables of workers whose handlers are debugged: no attempt ends before SQS's own limit, and what VS Code gives the
 * processes that it attaches to reaches them.
 */
export function inspectorVariables(port: number, environment = process.env): Record<string, string> {
  const { NODE_OPTIONS, VSCODE_INSPECTOR_OPTIONS } = environment;
  return {
    ...(NODE_OPTIONS && { NODE_OPTIONS }),
    ...(VSCODE_INSPECTOR_OPTIONS && { VSCODE_INSPECTOR_OPTIONS }),
    WORKER_INSPECT_PORT: String(port),
    WORKER_TIMEOUT_SECONDS: String(limits.maxTimeoutSeconds),
  };
}

/** Turns a worker's line, by which Node says where a handler's inspector listens, into one of the cloud's own. */
export function inspectorLine({ source, line }: LogEntry): LogEntry | undefined {
  if (source !== "worker" || !line.includes(listening)) return undefined;
  const { jobType = "", message } = JSON.parse(line) as Partial<LogLine>;
  if (typeof message !== "string" || !message.startsWith(listening)) return undefined;
  return { source: "cloud", name: jobType, stream: "stderr", line: `inspector at ${message.slice(listening.length)}` };
}

const listening = "Debugger listening on ";
