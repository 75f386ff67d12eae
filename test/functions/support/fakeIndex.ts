import type { JobRecord } from "../../../contract/records/record";
import type { JobIndex } from "../../../functions/frontend/listJobs";

/** An index of records in memory, in pages of three, with jobs of one time in an order of no meaning. */
export class FakeIndex implements JobIndex {
  constructor(private readonly records: () => JobRecord[]) {}

  async page(listKey: string, from: string | undefined, start: unknown) {
    const places = this.records()
      .filter((record) => record.listKey === listKey && (from === undefined || record.submittedAt <= from))
      .sort((one, other) => (one.submittedAt > other.submittedAt ? -1 : one.submittedAt < other.submittedAt ? 1 : 0))
      .map(({ id, submittedAt }) => ({ id, submittedAt }));
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
