import { isObject, jsonObjectOf } from "../contract/check";
import { paint, type Styled, type StyleName } from "./output/styled";
import { shortTime } from "./output/times";
import type { LogLine } from "./workerLogs";

/** Fields that say where a line comes from, which the user who asked for a job's lines knows. */
const origin = [
  ...["time", "level", "event", "jobId", "jobIds", "attempt", "jobType"],
  ...["worker", "instanceId", "messageId", "queueUrl"],
];

const colours: Record<string, StyleName> = { warn: "yellow", error: "red" };

/** The attempt that wrote the line, if the line has it. */
export function attemptOf({ line }: LogLine): number | undefined {
  const { attempt } = jsonObjectOf(line) ?? {};
  return typeof attempt === "number" ? attempt : undefined;
}

/** A line in short, `17:22:40 i-0a1b info job-started #1 waitMs=12`, or as it was written. */
export function renderLine(line: LogLine, isFull = false): Styled {
  if (isFull) return [paint.dim(`${new Date(line.at).toISOString()} ${line.part ?? line.stream}`), " ", line.line];
  const head = `${shortTime(line.at)} ${line.part ?? line.stream} `;
  const fields = jsonObjectOf(line.line);
  if (!fields) return [paint.dim(head), line.line];
  const style = typeof fields.level === "string" ? colours[fields.level] : undefined;
  const text = textOf(fields);
  return [paint.dim(head), style ? { style, content: text } : text];
}

/** A line's level, event, attempt and message; then other fields, and below it an error's stack. */
function textOf({ fields: nested, ...entry }: Record<string, unknown>): string {
  const { stream, ...fields } = { ...entry, ...(isObject(nested) ? nested : {}) };
  const { level, event, attempt, message } = entry;
  const { summary, stack, shownNames } = errorOf(fields);
  const others = Object.entries(fields).filter(
    ([name]) => !origin.includes(name) && !shownNames.includes(name) && name !== "message",
  );
  const first = [
    ...[level, event, typeof attempt === "number" ? `#${attempt}` : undefined, stream, message, summary],
    ...others.map(([name, value]) => `${name}=${shown(value)}`),
  ];
  return [first.filter((part) => typeof part === "string" && part !== "").join(" "), ...stack].join("\n");
}

/** The error of a line in readable form: the reason that already names it, or its own words, and its stack's frames. */
function errorOf({ reason, error }: Record<string, unknown>): {
  summary?: string;
  stack: string[];
  shownNames: string[];
} {
  if (!isObject(error) || typeof error.name !== "string" || typeof error.message !== "string") {
    return { stack: [], shownNames: [] };
  }
  const own = `${error.name}: ${error.message}`;
  const cause = errorOf({ error: error.cause }).summary;
  const words = cause === undefined ? own : `${own}; caused by ${cause}`;
  const lines = typeof error.stack === "string" ? error.stack.replace(own, "").split("\n") : [];
  const stack = lines.filter((line) => line.trim() !== "").map((line) => `    ${line.trim()}`);
  const isInReason = typeof reason === "string" && reason.includes(error.message);
  return { summary: isInReason ? reason : words, stack, shownNames: isInReason ? ["reason", "error"] : ["error"] };
}

function shown(value: unknown): string {
  return typeof value === "string" && /^[^\s"]+$/.test(value) ? value : (JSON.stringify(value) ?? "");
}
