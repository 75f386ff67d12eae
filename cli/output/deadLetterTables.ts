import type { DeadLetter } from "../../client/index";
import { frameRows, renderFields } from "./jobTables";
import { plainTable } from "./plainTable";
import { printableJson } from "./printable";
import { paint, type Styled } from "./styled";
import { out } from "./terminal";
import { shortTime } from "./times";

/** Dead letters, one a line. */
export function renderLetters(letters: DeadLetter[]): Styled {
  const rows = letters.map(({ id, messageId, type, attempt, failedAt, reason }) => [
    id ?? messageId,
    type,
    String(attempt ?? ""),
    failedAt === undefined ? "" : out.isTerminal ? shortTime(failedAt) : failedAt,
    reason ?? "no reason yet: SQS moved it, and the repair run looks each minute",
  ]);
  const columns = [
    { head: "ID" },
    { head: "TYPE", least: 8 },
    { head: "ATTEMPT", rank: 1 },
    { head: "FAILED", rank: 2 },
    { head: "REASON", least: 12 },
  ];
  return plainTable(columns, rows, out.columns);
}

/** A dead letter in full. */
export function renderLetter(letter: DeadLetter): Styled {
  const { payload, body, frames, ...plain } = letter;
  const fields = Object.entries(plain).map(([name, value]): [string, string | undefined] => [
    name,
    value === undefined ? undefined : String(value),
  ]);
  const content = body === undefined ? printableJson(payload, 2) : printableJson(body);
  const title = paint.dim(body === undefined ? "payload" : "body, which is no job");
  return [renderFields([...fields, ...frameRows(frames)]), "\n", title, "\n", content];
}
