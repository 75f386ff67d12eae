import { type DynamoDBClient, GetItemCommand, ScanCommand, type ScanCommandOutput } from "@aws-sdk/client-dynamodb";
import { decodeJobType, type JobType } from "../../contract/jobType";
import type { JobTypeTable } from "./jobTypes";

/** The type table in DynamoDB. */
export function createJobTypeTable(client: DynamoDBClient, tableName: string): JobTypeTable {
  return {
    async read(type) {
      const { Item } = await client.send(new GetItemCommand({ TableName: tableName, Key: { type: { S: type } } }));
      return Item && decodeJobType(Item);
    },
    async readAll() {
      const jobTypes: JobType[] = [];
      let page: ScanCommandOutput | undefined;
      do {
        page = await client.send(new ScanCommand({ TableName: tableName, ExclusiveStartKey: page?.LastEvaluatedKey }));
        jobTypes.push(...(page.Items ?? []).map(decodeJobType));
      } while (page.LastEvaluatedKey);
      return jobTypes;
    },
  };
}
