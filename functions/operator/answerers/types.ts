import { describe } from "../../../contract/check";
import { problemOf } from "../../../contract/http/problem";
import { typePattern } from "../../../contract/limits";
import type { ReadFleets } from "../../frontend/services/fleets";
import { answer, refuse } from "../../shared/httpAnswer";
import type { JobTypes } from "../../shared/jobTypes";
import type { Answerers } from "./answerer";

export interface TypeEffects {
  jobTypes: Pick<JobTypes, "find">;
  readFleets: ReadFleets;
  /** Has the scaler retry the launches of a type now. */
  retryLaunches: (type: string) => Promise<void>;
}

export function createTypeAnswerers({ jobTypes, readFleets, retryLaunches }: TypeEffects): Answerers<"retryLaunches"> {
  return {
    async retryLaunches({ parameter: type }) {
      if (!typePattern.test(type) || !(await jobTypes.find(type))) {
        return refuse(problemOf("type-not-found", `Expected a job type that GET /types lists, got ${describe(type)}`));
      }
      const { launchProblem } = (await readFleets([type]))[type] ?? {};
      await retryLaunches(type);
      return answer(202, { type, launchProblem });
    },
  };
}
