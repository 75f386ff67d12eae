import type { OpenApi } from "../../../contract/http/answers";
import type { JobType } from "../../../contract/jobType";
import { answer } from "../../shared/httpAnswer";
import type { JobTypes } from "../../shared/tables/jobTypes";
import type { Answerers } from "./answerer";

export interface TypeEffects {
  jobTypes: JobTypes;
  /** Reads the OpenAPI document of the package. */
  readOpenApi: () => Promise<OpenApi>;
}

/** A type's jobs, as one kind of submission. By its own id the payload's schema keeps its references. */
function variantOf({ type, description, payloadSchema }: JobType) {
  const payload = payloadSchema && { $id: `urn:job-type:${type}`, ...payloadSchema };
  return { title: type, description, properties: { type: { const: type }, ...(payload && { payload }) } };
}

export function createTypeAnswerers({ jobTypes, readOpenApi }: TypeEffects): Answerers<"getOpenApi"> {
  return {
    async getOpenApi() {
      const [document, types] = await Promise.all([readOpenApi(), jobTypes.list()]);
      const { schemas } = document.components;
      const Submission = { ...schemas.Submission, oneOf: types.map(variantOf) };
      return answer(200, { ...document, components: { ...document.components, schemas: { ...schemas, Submission } } });
    },
  };
}
