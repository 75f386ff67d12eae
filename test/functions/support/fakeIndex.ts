import type { JobRecord } from "../../../contract/records/record";
import type { JobIndex } from "../../../functions/frontend/listJobs";

/** An index of records in memory, in pages of three, with jobs of one time in an order of no meaning. */
export class FakeIndex implements JobIndex {
  constructor(private readonly records: () => JobRecord[]) {}

  async page(...[part, { from = "", to = "~" }, , start]: Parameters<JobIndex["page"]>) {
    const timeOf = ({ type, listKey, submittedAt, endedAs }: JobRecord) => {
      if ("listKey" in part) return listKey === part.listKey ? submittedAt : undefined;
      return type === part.type && endedAs?.startsWith(part.state) ? endedAs.slice(part.state.length + 1) : undefined;
    };
    const places = this.records()
      .map((record) => ({ id: record.id, at: timeOf(record)! }))
      .filter(({ at }) => at !== undefined && from <= at && at <= to)
      .sort((one, other) => (one.at > other.at ? -1 : one.at < other.at ? 1 : 0));
    const begin = (start as number | undefined) ?? 0;
    const end = begin + 3;
    return { places: places.slice(begin, end), next: end < places.length ? end : undefined };
  }

  async readMany(ids: string[]): Promise<JobRecord[]> {
    return this.records()
      .filter(({ id }) => ids.includes(id))
      .reverse();
  }
}
