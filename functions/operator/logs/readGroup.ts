import { isAboutJob } from "../../../contract/log";
import type { FilterLogs, GroupRead, LogEvent, LogPlace, LogSearch } from "./logEvent";
import { keyOf } from "./logPlace";

/** Calls for one answer and group, one a second, before it tells what it has. */
const maxCalls = 4;

/** Fewest lines of a page: some only mention the job. */
const leastLines = 100;

export async function readGroup(
  { filterLogs, pause }: { filterLogs: FilterLogs; pause: (milliseconds: number) => Promise<void> },
  place: LogPlace,
  { limit, ...search }: Omit<LogSearch, "from">,
): Promise<GroupRead> {
  const events: LogEvent[] = [];
  const seen = new Set(place.seen);
  const fresh: LogEvent[] = [];
  let next: string | undefined;
  for (let calls = 1; ; calls++) {
    const page = await filterLogs({
      ...search,
      from: place.from,
      limit: Math.max(limit, leastLines) + seen.size,
      next,
    });
    events.push(...page.events);
    fresh.push(...page.events.filter((event) => isAboutJob(event.text, search.text) && !seen.has(keyOf(event))));
    next = page.next;
    if (next === undefined || fresh.length > 0) return { place, events, fresh, isCut: next !== undefined };
    if (calls === maxCalls) throw new Error(`Expected a line in ${maxCalls} pages of ${search.group}, got none`);
    await pause(1_000);
  }
}
