import { problemOf } from "../../../contract/http/problem";
import { limits } from "../../../contract/limits";
import { checkDelay } from "../../../contract/messages/envelope";
import { lifetimesFor } from "../../../contract/records/largeValues";
import { notBeforeOf } from "../../frontend/requests/notBefore";
import { wrongShape } from "../../frontend/requests/readFields";
import { answer, refuse } from "../../shared/httpAnswer";
import type { JobTypes } from "../../shared/tables/jobTypes";
import type { LargeValues } from "../services/largeValues";
import type { Answerers } from "./answerer";

export interface UploadEffects {
  jobTypes: Pick<JobTypes, "find">;
  /** Undefined if jobs are not tracked. */
  largeValues: LargeValues | undefined;
  /** Epoch milliseconds. */
  now: () => number;
}

/** The fields of an upload's body, as its route's schema has them. */
interface Wanted {
  type: string;
  id: string;
  bytes: number;
  sha256: string;
  delaySeconds?: number;
  runAt?: string;
}

export function createUploadAnswerers({ jobTypes, largeValues, now }: UploadEffects): Answerers<"prepareUpload"> {
  return {
    async prepareUpload({ body }) {
      const { type, id, bytes, sha256, ...delay } = body as Wanted;
      const jobType = await jobTypes.find(type);
      if (!jobType) {
        const message = `Expected a job type that GET /types lists, got ${JSON.stringify(type)}`;
        return refuse(problemOf("unknown-type", message, [{ path: "/type", message }]));
      }
      const most = jobType.payloads === "file" ? limits.maxFileBytes : limits.maxLargeBytes;
      if (bytes > most) {
        const message = `Expected at most ${most} bytes, got ${bytes}`;
        return refuse(problemOf("payload-too-large", message, [{ path: "/bytes", message }]));
      }
      const notBefore = notBeforeOf({ type, ...delay }, now());
      const wrong = [...checkDelay({ ...delay }), ...(notBefore.ok ? [] : notBefore.problems)];
      if (!notBefore.ok || wrong.length > 0) return refuse(wrongShape(wrong));
      const [days] = lifetimesFor(notBefore.value, now());
      return answer(200, await largeValues!.prepare({ type, id }, { bytes, sha256, days: days! }));
    },
  };
}
