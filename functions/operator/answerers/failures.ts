import type { FailureGroup } from "../../../contract/http/answers";
import { errorKeyOf } from "../../../contract/records/errorKey";
import type { JobRecord } from "../../../contract/records/record";
import { jobView } from "../../frontend/jobView";
import { type JobIndex, listJobs, typesToList } from "../../frontend/listJobs";
import { decodeCursor } from "../../frontend/requests/listQuery";
import { groupBy } from "../../shared/groupBy";
import { answer, refuse } from "../../shared/httpAnswer";
import type { JobTypes } from "../../shared/tables/jobTypes";
import type { Answerers } from "./answerer";

export interface FailureEffects {
  jobTypes: Pick<JobTypes, "list">;
  index: JobIndex;
  now: () => number;
}

const newest = 1_000;
const pageSize = 100;

export function createFailureAnswerers({ jobTypes, index, now }: FailureEffects): Answerers<"listFailures"> {
  return {
    async listFailures({ query, caller: { tenant } }) {
      const types = await typesToList(jobTypes, (query as { type?: string }).type);
      if ("problem" in types) return refuse(types.problem);
      const found: JobRecord[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < newest / pageSize && (page === 0 || cursor !== undefined); page++) {
        const after = cursor === undefined ? undefined : decodeCursor(cursor);
        const wanted = { state: "failed", tenant, limit: pageSize, after } as const;
        const listed = await listJobs({ index, now }, types.types, wanted);
        found.push(...listed.records);
        ({ cursor } = listed);
      }
      const keyOf = ({ error }: JobRecord) => errorKeyOf(error ?? { name: "", message: "" });
      const groups = groupBy(found, (record) => `${record.type} ${keyOf(record)}`);
      const failures = [...groups.values()].map((group): FailureGroup => {
        const [last, first] = [group[0]!, group.at(-1)!];
        const times = { firstAt: first.finishedAt ?? "", lastAt: last.finishedAt ?? "" };
        return { type: last.type, errorKey: keyOf(last), count: group.length, ...times, example: jobView(last) };
      });
      return answer(200, { failures: failures.sort((one, other) => other.count - one.count) });
    },
  };
}
