import { describe } from "../../../contract/check";
import { problemOf } from "../../../contract/http/problem";
import type { UsageReport } from "../../../contract/http/usageReport";
import { answer, refuse } from "../../shared/httpAnswer";
import type { JobTypes } from "../../shared/tables/jobTypes";
import type { ReadUsage } from "../services/readUsage";
import { encodePlace, readAsked, type UsageQuery } from "../usage/readAsked";
import { readParts } from "../usage/readParts";
import { createUsageSums } from "../usage/usageSums";
import type { Answerers } from "./answerer";

export interface UsageEffects {
  jobTypes: Pick<JobTypes, "find" | "list">;
  readUsage: ReadUsage;
  now: () => number;
}

/** Rows from which on an answer ends with a cursor: Lambda's answers hold 6 MB ("Lambda quotas"). */
const enoughRows = 5_000;

/** Time of reading after which it ends so: the front end waits for 11 s. */
const enoughMilliseconds = 4_000;

export function createUsageAnswerers({ jobTypes, readUsage, now }: UsageEffects): Answerers<"getUsage"> {
  return {
    async getUsage({ query: sent, caller: { tenant } }) {
      const began = now();
      const query = sent as UsageQuery;
      const asked = readAsked(query, began);
      if ("problems" in asked) {
        const detail = asked.problems.map(({ path, message }) => `${path}: ${message}`).join("; ");
        return refuse(problemOf("invalid-request", detail, asked.problems));
      }
      const { by, days } = asked;
      if (tenant !== undefined && by !== "tenant") {
        return refuse(problemOf("forbidden", `Expected by=tenant from a caller that has a tenant, got by=${by}`));
      }
      const types = query.type === undefined ? (await jobTypes.list()).map(({ type }) => type) : [query.type];
      const sums = createUsageSums(query);
      let cursor: string | undefined;
      for await (const { type, items, own, rest } of readParts(readUsage, types, asked)) {
        const seen = tenant === undefined ? items : items.filter(({ value }) => value === tenant);
        sums.addToRows(type, seen);
        sums.addToTotal(tenant === undefined ? own : seen);
        if (rest && (sums.rows() >= enoughRows || now() - began >= enoughMilliseconds)) {
          cursor = encodePlace(rest);
          break;
        }
      }
      const { rows, total } = sums.view();
      const isEmpty = rows.length === 0 && total.jobs === 0 && query.cursor === undefined && cursor === undefined;
      if (isEmpty && query.type !== undefined && !(await jobTypes.find(query.type))) {
        const message = `Expected a type that GET /types lists, or that has usage in these days, got ${describe(query.type)}`;
        return refuse(problemOf("unknown-type", message, [{ path: "type", message }]));
      }
      const report: UsageReport = { by, label: query.label, ...days, rows, total, ...(cursor && { cursor }) };
      return answer(200, report);
    },
  };
}
