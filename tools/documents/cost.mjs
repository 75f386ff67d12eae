// Writes the tables of docs/cost.md, and one of docs/console.md. `--check` only says if they are up to date.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../project.mjs";
import { tabSentence, tabTable } from "./cost/consoleTab.mjs";
import {
  alarmsSentence,
  callTable,
  idleCalls,
  optionTable,
  priceOfCalls,
  resourcesOf,
  resourceTable,
  standbySentence,
} from "./cost/idle.mjs";
import { assumptionTable, billTable, countTable, instanceTable, logBytesOf, partsTable } from "./cost/jobs.mjs";
import { writeBlocks } from "./document.mjs";

execFileSync(process.execPath, [join(root, "tools", "build", "build.mjs"), "--if-stale"], { stdio: "inherit" });
const standard = await resourcesOf({});
const { idle, sums } = await idleCalls();
const counts = JSON.parse(readFileSync(join(root, "tools", "documents", "billCounts.json"), "utf8"));
await writeBlocks("docs/cost.md", {
  resources: resourceTable(standard),
  inputs: await optionTable(standard),
  "idle minute": callTable(idle),
  standby: standbySentence(idle, await resourcesOf({ schedulesEnabled: false })),
  month: billTable(counts, priceOfCalls(idle)),
  instances: instanceTable(),
  assumptions: assumptionTable(),
  parts: partsTable(counts),
  "log bytes": countTable("Bytes of logs for a job", counts, ({ logBytes }) => logBytes, logBytesOf),
  calls: countTable("Calls for a job", counts, ({ calls }) => calls),
  tab: tabSentence(),
  alarms: alarmsSentence(sums),
});
await writeBlocks("docs/console.md", { tab: tabTable() });
process.exit();
