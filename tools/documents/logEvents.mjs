// Writes the table of events into docs/operations.md from contract/logEvents.ts. `--check` only says whether it is up
// to date.
import { table, withParts, writeDocument } from "./document.mjs";
import { membersOf } from "./reference.mjs";

const rows = membersOf("contract/logEvents.ts", "LogEvents").map(({ name, type, text }) => {
  const parts = type.replace(/"/g, "").split(" | ").join(", ");
  return [parts, `\`${name.replace(/"/g, "")}\``, text.replace(/\|/g, "\\|")];
});
const part = table(["Part", "Event", "Means"], rows);
const marks = { begin: "<!-- made by tools/documents/logEvents.mjs -->", end: "<!-- end -->" };
await writeDocument("docs/operations.md", withParts("docs/operations.md", [{ ...marks, part }]));
