import { readFile } from "node:fs/promises";
import { text as readAll } from "node:stream/consumers";
import { findJsonLosses } from "../contract/http/jsonLosses";
import { CommandError, usageError } from "./exitCodes";

export interface PayloadSource {
  /** As given on the command line. */
  argument?: string;
  /** `-` stands for standard input. */
  file?: string;
  /** True if each line is a payload of its own. */
  isPerLine?: boolean;
}

/**
 * Reads the payloads of a submission: from the argument, the file, or standard input.
 *
 * @throws CommandError that names the source, and what is wrong with it.
 */
export async function readPayloads({ argument, file, isPerLine }: PayloadSource): Promise<unknown[]> {
  if (argument !== undefined && file !== undefined) throw usageError("Expected PAYLOAD or --file, got both");
  const { text, source } = await readText(argument, file);
  if (text.trim() === "") throw usageError(`Expected JSON ${source}, got nothing`, howTo);
  if (!isPerLine) return [parse(text, source)];
  return text
    .split("\n")
    .flatMap((line, index) => (line.trim() === "" ? [] : [parse(line, `${source}, line ${index + 1}`)]));
}

async function readText(argument?: string, file?: string): Promise<{ text: string; source: string }> {
  if (argument !== undefined) return { text: argument, source: "as PAYLOAD" };
  if (file !== undefined && file !== "-") {
    const text = await readFile(file, "utf8").catch((error: Error) => {
      throw new CommandError(`Could not read the payload: ${error.message}`);
    });
    return { text: text.replace(/^\ufeff/, ""), source: `in ${file}` };
  }
  if (process.stdin.isTTY && file === undefined) throw usageError("Expected a payload, got none", howTo);
  return { text: await readAll(process.stdin), source: "on standard input" };
}

const howTo = `As the argument PAYLOAD, with --file, or on standard input; 'null' for a job without`;

/** Refuses values that JavaScript would read as others: the payload would not arrive as written. */
function parse(text: string, source: string): unknown {
  const value = parseJson(text, source);
  const losses = findJsonLosses(text);
  if (losses.length === 0) return value;
  const shown = losses.slice(0, 5).map(({ path, message }) => `/payload${path}: ${message}`);
  throw usageError(`Expected JSON ${source} that arrives whole. ${shown.join("; ")}`);
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const hint = `A text needs quotes of its own: '"text"'`;
    throw usageError(
      `Expected JSON ${source}: ${(error as Error).message}`,
      source === "as PAYLOAD" ? hint : undefined,
    );
  }
}
