import { execFile } from "node:child_process";
import path from "node:path";
import { type FieldProblem } from "../../../contract/check";

/**
 * Finds what is wrong with the JSON of a file, in a process of its own: it may need as much time and memory as a job.
 * Rejects if it can't.
 */
export function checkFile(
  file: string,
  schema: Record<string, unknown> | undefined,
  { what, maxMegabytes, signal }: { what: "payload" | "result"; maxMegabytes: number; signal?: AbortSignal },
): Promise<FieldProblem[]> {
  const parameters = [`--max-old-space-size=${maxMegabytes}`, path.join(__dirname, "valueMain.js"), file, what];
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, parameters, { signal, env: {} }, (error, stdout) => {
      if (error) reject(new Error(`it can't be checked: ${error.message.slice(0, 1_000)}`, { cause: error }));
      else resolve(JSON.parse(stdout) as FieldProblem[]);
    });
    child.stdin!.on("error", () => undefined);
    child.stdin!.end(JSON.stringify(schema ?? null));
  });
}
