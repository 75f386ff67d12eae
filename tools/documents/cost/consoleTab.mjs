import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../project.mjs";
import { numericTable } from "./figures.mjs";

/** Requests and dollars of an hour of an open tab of the console, as `npm run test:console` counts them. */
const tabs = JSON.parse(readFileSync(join(root, "tools", "documents", "tabCounts.json"), "utf8"));

const cents = ({ calls, time }) => `${((calls + time) * 100).toFixed(2)} ¢`;

export function tabTable() {
  const rows = tabs.map(({ page, moving, calm }) => [page, moving.requests, cents(moving), calm.requests, cents(calm)]);
  const head = ["An hour, by page", "Something moves: requests", "Price", "Nothing does: requests", "Price"];
  return numericTable(head, rows);
}

export function tabSentence() {
  const most = tabs
    .flatMap(({ moving, calm }) => [moving, calm])
    .reduce((one, other) => (one.calls > other.calls ? one : other));
  return `- **An open tab of the console**: up to ${cents(most)} an hour, [by page](console.md#how-it-stays-up-to-date).`;
}
