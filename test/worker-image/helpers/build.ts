import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";

export const imageFolder = path.join(__dirname, "../../../worker-image");
export const distFolder = path.join(imageFolder, "dist");
export const fixturesFolder = path.join(__dirname, "../fixtures");

let building: Promise<unknown> | undefined;

/** Builds the worker into its `dist/`, once for all tests of the process. */
export async function buildWorker(): Promise<void> {
  building ??= promisify(execFile)(process.execPath, [path.join(imageFolder, "build.mjs")]);
  await building;
}
