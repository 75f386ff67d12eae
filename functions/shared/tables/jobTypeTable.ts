import { type DynamoDBClient, GetItemCommand, paginateScan } from "@aws-sdk/client-dynamodb";
import { decodeJobType, type JobType } from "../../../contract/jobType";
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
      for await (const { Items = [] } of paginateScan({ client }, { TableName: tableName })) {
        jobTypes.push(...Items.map(decodeJobType));
      }
      return jobTypes;
    },
  };
}
