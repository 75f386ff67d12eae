import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SNSClient } from "@aws-sdk/client-sns";
import type { OpenApi } from "../../contract/http/answers";
import type { TokenRules } from "../../contract/http/tokenRules";
import type { HttpAnswer } from "../shared/httpAnswer";
import { log } from "../shared/log";
import { announceTo } from "../shared/messages/announceTo";
import { clientOptions, now, variable } from "../shared/runtime";
import { createJobTypes } from "../shared/tables/jobTypes";
import { createJobTypeTable } from "../shared/tables/jobTypeTable";
import { createFrontend } from "./frontend";
import type { HttpEvent } from "./requests/http";
import { readFleetsFrom } from "./services/fleets";
import { actOnLargeValuesBy, countTypesBy, operateBy } from "./services/invokeFunctions";
import { createJobIndex } from "./services/jobIndex";
import { createJobPayloads } from "./services/jobPayloads";
import { createJobRecords } from "./services/jobRecords";
import { publishTo } from "./services/publishTo";
import { createRunWithin } from "./services/runWithin";
import { scheduleWith } from "./services/scheduleWith";

/**
 * Builds the front-end Lambda's handler, once per environment. Captures nothing.
 * Reads `TOPIC_ARN`, `TYPE_TABLE`, `FLEET_TABLE`, `OPERATOR_FUNCTION`, `SCALER_FUNCTION`, `SCHEDULE_GROUP`,
 * `SCHEDULE_ROLE_ARN` and `SCHEDULE_DEAD_LETTER_ARN`; with tracking `JOB_TABLE`, `PAYLOAD_TABLE` and `KEEP_PAYLOADS`;
 * with events `EVENTS_TOPIC_ARN`; and `TOKEN_RULES` with `jwt`.
 */
export function frontendFactory(): (event: HttpEvent) => Promise<HttpAnswer> {
  const jobTable = process.env.JOB_TABLE;
  const tables = new DynamoDBClient(clientOptions());
  const payloads = jobTable ? createJobPayloads(tables, variable("PAYLOAD_TABLE")) : undefined;
  const topicArn = variable("TOPIC_ARN");
  const topics = new SNSClient(clientOptions());
  const eventsTopic = process.env.EVENTS_TOPIC_ARN;
  return createFrontend({
    index: jobTable ? createJobIndex(tables, jobTable) : undefined,
    records: jobTable ? createJobRecords(tables, jobTable) : undefined,
    payloads,
    keepPayloads: process.env.KEEP_PAYLOADS ? payloads?.keep : undefined,
    publish: publishTo(topics, topicArn),
    later: {
      topicArn,
      ...scheduleWith({
        topicArn,
        groupName: variable("SCHEDULE_GROUP"),
        roleArn: variable("SCHEDULE_ROLE_ARN"),
        deadLetterArn: variable("SCHEDULE_DEAD_LETTER_ARN"),
      }),
    },
    announce: eventsTopic ? announceTo(topics, eventsTopic) : undefined,
    jobTypes: createJobTypes({ table: createJobTypeTable(tables, variable("TYPE_TABLE")), now }),
    readFleets: readFleetsFrom(tables, variable("FLEET_TABLE")),
    actOnLarge: actOnLargeValuesBy(variable("OPERATOR_FUNCTION")),
    operate: operateBy(variable("OPERATOR_FUNCTION")),
    countTypes: countTypesBy(variable("SCALER_FUNCTION")),
    tokenRules: JSON.parse(process.env.TOKEN_RULES ?? "{}") as TokenRules,
    readOpenApi: async () =>
      JSON.parse(await readFile(`${process.env.LAMBDA_TASK_ROOT}/openapi.json`, "utf8")) as OpenApi,
    runWithin: createRunWithin(),
    newId: () => randomUUID(),
    now,
    log,
  });
}
