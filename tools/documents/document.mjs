// The documents that tools make, whole or in part: `--check` only says if they are up to date.
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { argv } from "node:process";
import { root } from "../project.mjs";

/** Writes a document of the project, formatted by its kind; with `--check` it fails if that would change it. */
export async function writeDocument(path, text) {
  const file = resolve(root, path);
  const { format, resolveConfig } = await import("prettier");
  const isJson = path.endsWith(".json");
  const formatted = isJson ? text : await format(text, { ...(await resolveConfig(file)), filepath: file });
  if (!argv.includes("--check")) writeFileSync(file, formatted);
  else if (readFileSync(file, "utf8") !== formatted) {
    console.error(`${path} is out of date: run npm run docs.`);
    process.exitCode = 1;
  }
}

/** The document with the parts between the marks replaced, each by its marks. */
export function withParts(path, parts) {
  return parts.reduce(
    (text, { begin, end, part }) => {
      const from = text.indexOf(begin);
      const until = text.indexOf(end, from);
      if (from < 0 || until < 0) throw new Error(`Expected ${begin} and ${end} in ${path}`);
      return `${text.slice(0, from)}${begin}\n\n${part}\n\n${text.slice(until)}`;
    },
    readFileSync(resolve(root, path), "utf8"),
  );
}

/** Writes the named blocks of a document, each between `<!-- name -->` and `<!-- /name -->`. */
export async function writeBlocks(path, blocks) {
  const parts = Object.entries(blocks).map(([name, part]) => ({
    ...{ begin: `<!-- ${name} -->`, end: `<!-- /${name} -->`, part },
  }));
  await writeDocument(path, withParts(path, parts));
}

/** A table in Markdown; `isNumeric` aligns all columns but the first to the right. */
export function table(head, rows, { isNumeric = false } = {}) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, index) => (isNumeric && index > 0 ? "--:" : "---"));
  return [head, rule, ...rows].map(line).join("\n");
}
