import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../contract/packageRoot";

/** Puts a text into a document in docs/, between the mark of the command that makes it and the mark of the end. */
export async function writeInto(
  name: string,
  command: string,
  text: string,
  folder = join(packageRoot(), "docs"),
): Promise<void> {
  const file = join(folder, name);
  const [begin, end] = [`<!-- begin: ${command} -->`, "<!-- end -->"];
  const before = readFileSync(file, "utf8");
  const from = before.indexOf(begin);
  const until = before.indexOf(end, from);
  if (from < 0 || until < 0) throw new Error(`Expected ${file} to hold ${begin} and ${end}`);
  const { format, resolveConfig } = await import("prettier");
  const written = `${before.slice(0, from)}${begin}\n\n${text}\n\n${before.slice(until)}`;
  writeFileSync(file, await format(written, { ...(await resolveConfig(file)), filepath: file }));
}
