import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { answersOf } from "./answers";

/**
 * Asks LocalStack at the given address, and writes its answers down or, with `--check`, compares them with what is
 * written.
 */
async function record(endpoint: string, version: string, isCheck: boolean): Promise<void> {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const answers = await answersOf({ endpoint, region: "us-east-1", credentials });
  const text = `${JSON.stringify({ localStack: version, answers }, undefined, 2)}\n`;
  const file = join(__dirname, "localStack.json");
  if (!isCheck) return writeFileSync(file, text);
  if (readFileSync(file, "utf8") !== text) {
    throw new Error("LocalStack answers otherwise than is written in localStack.json; run `npm run localstack`");
  }
}

const [endpoint = "", version = "", mode] = process.argv.slice(2);
record(endpoint, version, mode === "--check").catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
