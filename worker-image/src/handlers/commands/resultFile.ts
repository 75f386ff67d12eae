import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import path from "node:path";
import { toJobError } from "../../support/errors";
import { LargeResultText, NotWritten } from "../largeResult";
import { type FoundResult, maxKeptCharacters, resultOfText } from "./foundResult";

/** Variable that names the file for a command's result: if it is written, all that the command prints is output. */
export const resultVariable = "JOB_RESULT_FILE";

/** That file, in an attempt's folder. */
export function resultFileIn(folder: string): string {
  return path.join(folder, "job-result.json");
}

/**
 * Reads the result that a command wrote into its file; undefined without one. A large one is copied to the given place,
 * if there is one. Rejects with NotWritten if the disk is full, say.
 */
export async function readResultFile(name: string, copy: string | undefined): Promise<FoundResult | undefined> {
  let file: FileHandle | undefined;
  try {
    // A pipe in its place must not block the worker.
    file = await open(name, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = await file.stat();
    if (!found.isFile()) return failure("something else there");
    return found.size > maxKeptCharacters ? await copyLarge(file, copy) : readText(await file.readFile(), copy);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    if (error instanceof NotWritten) throw error;
    return failure(`one that can't be read (${toJobError(error).message})`);
  } finally {
    await file?.close();
  }
}

function readText(bytes: Buffer, copy: string | undefined): FoundResult | undefined {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes).trim();
  } catch {
    return failure("bytes that aren't UTF-8");
  }
  return text === "" ? undefined : resultOfText(text, copy);
}

async function copyLarge(file: FileHandle, copy: string | undefined): Promise<FoundResult> {
  const text = new LargeResultText(copy);
  for await (const chunk of file.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) text.add(chunk);
  return { ok: true, ...text.end() };
}

function failure(got: string): FoundResult {
  return { ok: false, message: `Expected a file with one JSON value at ${resultVariable}, got ${got}` };
}
