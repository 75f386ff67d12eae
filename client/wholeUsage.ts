import { addUsage, type UsageReport, type UsageRow, withIdle } from "../contract/http/usageReport";

/** Reads all parts of an answer, and adds up their rows of the same name, and their totals. */
export async function wholeUsage(read: (cursor?: string) => Promise<UsageReport>): Promise<UsageReport> {
  const { cursor: first, ...whole } = await read();
  const nameOf = ({ day, type, tenant, value }: UsageRow) => JSON.stringify([day, type, tenant, value]);
  const rows = new Map(whole.rows.map((row) => [nameOf(row), row]));
  if (first === undefined) return whole;
  for (let cursor: string | undefined = first; cursor !== undefined;) {
    const part: UsageReport = await read(cursor);
    for (const row of part.rows) {
      const same = rows.get(nameOf(row));
      if (same) addUsage(same, row);
      else rows.set(nameOf(row), row);
    }
    addUsage(whole.total, part.total);
    ({ cursor } = part);
  }
  const sorted = [...rows].sort(([one], [other]) => (one < other ? -1 : 1));
  return { ...whole, rows: sorted.map(([, row]) => withIdle(row)), total: withIdle(whole.total) };
}
