// Writes the table of events into docs/operations.md from contract/logEvents.ts. `--check` only says whether it is up
// to date.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import prettier from "prettier";
import { membersOf } from "./reference.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const marks = ["<!-- made by tools/logEvents.mjs -->", "<!-- end -->"];
const file = join(root, "docs/operations.md");

const rows = membersOf("contract/logEvents.ts", "LogEvents").map(({ name, type, text }) => {
  const parts = type.replace(/"/g, "").split(" | ").join(", ");
  return `| ${parts} | \`${name.replace(/"/g, "")}\` | ${text.replace(/\|/g, "\\|")} |`;
});
const table = ["| Part | Event | Means |", "| --- | --- | --- |", ...rows].join("\n");
const text = readFileSync(file, "utf8");
const [start, end] = [text.indexOf(marks[0]), text.indexOf(marks[1], text.indexOf(marks[0]))];
if (start < 0 || end < 0) throw new Error(`Expected ${marks.join(" and ")} in docs/operations.md`);
const written = `${text.slice(0, start)}${marks[0]}\n\n${table}\n\n${text.slice(end)}`;
const formatted = await prettier.format(written, { ...(await prettier.resolveConfig(file)), filepath: file });
if (!process.argv.includes("--check")) writeFileSync(file, formatted);
else if (formatted !== text) {
  console.error("docs/operations.md is out of date: npm run docs");
  process.exitCode = 1;
}
