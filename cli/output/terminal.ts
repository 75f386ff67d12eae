import type { WriteStream } from "node:tty";
import { printableJson } from "./printable";
import { render, type Styled } from "./styled";

/** A stream of this process to a terminal, a pipe or a file. */
export interface Output {
  readonly isTerminal: boolean;
  /** True if the stream may get colours. */
  readonly isColoured: boolean;
  /** Columns of the terminal; infinite elsewhere. */
  readonly columns: number;
  /** Writes the content, filtered. */
  write(content: Styled): void;
  /** Writes the content as a line, or several. */
  line(this: void, content: Styled): void;
  /** Writes the content in place of the last rewritten one. */
  rewrite(content: Styled): void;
}

/** Standard output, for the results of a command. */
export const out = outputOf(() => process.stdout);

/** Standard error, for all else. */
export const err = outputOf(() => process.stderr);

/** Prints a value as JSON: on one line, except for a person at a terminal. */
export function printJson(value: unknown, lines: "line" | "lines" = out.isTerminal ? "lines" : "line"): void {
  process.stdout.write(`${printableJson(value, lines === "lines" ? 2 : undefined)}\n`);
}

/** An output that writes to the stream; all that a command prints passes through one. */
export function outputOf(stream: () => WriteStream): Output {
  const write = (content: Styled) => void stream().write(render(content, isColoured(stream())));
  return {
    get isTerminal() {
      return Boolean(stream().isTTY);
    },
    get isColoured() {
      return isColoured(stream());
    },
    get columns() {
      return stream().isTTY ? stream().columns || 80 : Infinity;
    },
    write,
    line: (content) => write([content, "\n"]),
    rewrite: (content) => void stream().write(`\r${render(content, isColoured(stream()))}\r`),
  };
}

/** NO_COLOR and FORCE_COLOR decide; by default, terminals get colours. */
function isColoured({ isTTY }: WriteStream): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR) return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return Boolean(isTTY) && TERM !== "dumb";
}

/** Action before the process ends, once one is set. */
let beforeEnd: ((exit: () => void) => void) | undefined;

/**
 * Ends the process when nothing more can be written: silently if the reader (such as `head`) closed the pipe, and with
 * a line if the disk is full. The last caller's `onEnd` counts.
 */
export function endWithOutput(onEnd: (exit: () => void) => void = (exit) => exit()): void {
  const isFirst = beforeEnd === undefined;
  beforeEnd = onEnd;
  if (!isFirst) return;
  let isEnding = false;
  const end = (exitCode?: number) => {
    if (!isEnding) beforeEnd?.(() => process.exit(exitCode));
    isEnding = true;
  };
  process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
    if (code === "EPIPE") return end();
    if (!isEnding) err.line([{ style: "red", content: "✖" }, ` Could not write the output: ${message}`]);
    end(1);
  });
  process.stderr.on("error", () => undefined);
}
