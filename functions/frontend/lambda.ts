import { clientOptions } from "../clientOptions";
import { variable } from "../environment";
import { createJobTypes } from "../jobTypes";
import { createJobTypeTable } from "../jobTypeTable";
import { logAsJson } from "../log";
import { createFrontend } from "./frontend";
import type { HttpAnswer, HttpEvent } from "./http";
import { createJobIndex } from "./jobIndex";
import { createJobRecords } from "./jobRecords";
import { publishTo } from "./publishTo";

export const deploymentOnlyModule = true;

/**
 * Builds the front-end Lambda's handler, once per environment. Serialised as it stands: packages are required inside.
 * Reads `TOPIC_ARN`, `TYPE_TABLE`, `JOB_TABLE` where jobs are tracked, and `LISTING` where they are listed.
 */
export function frontendFactory(): (event: HttpEvent) => Promise<HttpAnswer> {
  const { DynamoDBClient } = require("@aws-sdk/client-dynamodb") as typeof import("@aws-sdk/client-dynamodb");
  const { SNSClient } = require("@aws-sdk/client-sns") as typeof import("@aws-sdk/client-sns");
  const { randomUUID } = require("node:crypto") as typeof import("node:crypto");
  const jobTable = process.env.JOB_TABLE;
  const now = () => Date.now();
  const tables = new DynamoDBClient(clientOptions());
  return createFrontend({
    index: process.env.LISTING && jobTable ? createJobIndex(tables, jobTable) : undefined,
    records: jobTable ? createJobRecords(tables, jobTable) : undefined,
    publish: publishTo(new SNSClient(clientOptions()), variable("TOPIC_ARN")),
    jobTypes: createJobTypes({ table: createJobTypeTable(tables, variable("TYPE_TABLE")), now }),
    newId: () => randomUUID(),
    now,
    log: logAsJson,
  });
}
