import type { OpenApi } from "../../../contract/http/answers";
import type { JobType } from "../../../contract/jobType";
import { answer } from "../../shared/httpAnswer";
import type { JobTypes } from "../../shared/jobTypes";
import type { ReadFleets } from "../services/fleets";
import type { Answerers } from "./answerer";

export interface TypeEffects {
  jobTypes: JobTypes;
  readFleets: ReadFleets;
  /** True if `GET /types` leaves out the queues, whose URLs contain the account's id. */
  hidesQueues?: boolean;
  /** Reads the OpenAPI document of the package. */
  readOpenApi: () => Promise<OpenApi>;
}

/** A type's jobs, as one kind of submission. By its own id the payload's schema keeps its references. */
function variantOf({ type, description, payloadSchema }: JobType) {
  const payload = payloadSchema && { $id: `urn:job-type:${type}`, ...payloadSchema };
  return { title: type, description, properties: { type: { const: type }, ...(payload && { payload }) } };
}

export function createTypeAnswerers(effects: TypeEffects): Answerers<"listTypes" | "getOpenApi"> {
  const { jobTypes, readFleets, hidesQueues, readOpenApi } = effects;
  return {
    async getOpenApi() {
      const [document, types] = await Promise.all([readOpenApi(), jobTypes.list()]);
      const { schemas } = document.components;
      const Submission = { ...schemas.Submission, oneOf: types.map(variantOf) };
      return answer(200, { ...document, components: { ...document.components, schemas: { ...schemas, Submission } } });
    },

    async listTypes() {
      const known = await jobTypes.list();
      const fleets = await readFleets(known.map(({ type }) => type));
      const types = known.map((jobType) => {
        const { type, description, timeoutSeconds, maxAttempts, payloadSchema } = jobType;
        const { queueUrl, deadLetterQueueUrl, machineImage } = jobType;
        const queues = hidesQueues ? {} : { queueUrl, deadLetterQueueUrl, machineImage };
        const settings = { timeoutSeconds, maxAttempts, payloadSchema, ...queues };
        return { type, description, ...settings, launchProblem: fleets[type]?.launchProblem };
      });
      return answer(200, { types });
    },
  };
}
