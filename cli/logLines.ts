import type { LogLine } from "../client/index";
import { isObject } from "../contract/check";
import { paint, type Styled, type StyleName } from "./output/styled";
import { shortTime } from "./output/times";

/** Fields that are of no use to a person who asked for a job's lines. */
const left = ["instanceId", "messageId", "queueUrl"];

/** Events that say no more than their message. */
const wordless = ["job-log", "handler-output"];

const colours: Record<string, StyleName> = { warn: "yellow", error: "red" };

/** A line in short, `17:22:40 #1 stderr no disk`, or as JSON. */
export function renderLine(line: LogLine, isFull = false): Styled {
  if (isFull) return JSON.stringify(line);
  const head = `${shortTime(line.at)} ${line.attempt === undefined ? line.source : `#${line.attempt}`} `;
  const style = colours[line.level];
  const text = textOf(line);
  return [paint.dim(head), style ? { style, content: text } : text];
}

/** A line's level if it isn't the usual one, event and message; then other fields, and below it an error's stack. */
function textOf({ level, event, stream, message, fields = {} }: LogLine): string {
  const { summary, stack, shownNames } = errorOf(fields);
  const others = Object.entries(fields).filter(([name]) => !left.includes(name) && !shownNames.includes(name));
  const first = [
    ...[
      level === "info" || stream !== undefined ? "" : level,
      wordless.includes(event) ? "" : event,
      stream,
      message,
      summary,
    ],
    ...others.map(([name, value]) => `${name}=${shown(value)}`),
  ];
  return [first.filter((part) => part !== undefined && part !== "").join(" "), ...stack].join("\n");
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
