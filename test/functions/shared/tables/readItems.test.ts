import type { BatchGetItemCommand, BatchGetItemCommandOutput, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import { readFleetsFrom } from "../../../../functions/frontend/services/fleets";
import { readItems } from "../../../../functions/shared/tables/readItems";
import { rejection } from "../../../local-cloud/support";

/** A table that processes so many keys of each call, and leaves the others. */
function table(keysAtOnce: number): { client: DynamoDBClient; calls: number[] } {
  const calls: number[] = [];
  const send = ({ input }: BatchGetItemCommand): Promise<Partial<BatchGetItemCommandOutput>> => {
    const { Keys = [], ...asked } = input.RequestItems!.items!;
    calls.push(Keys.length);
    const left = Keys.slice(keysAtOnce);
    return Promise.resolve({
      Responses: { items: Keys.slice(0, keysAtOnce) },
      ...(left.length > 0 && { UnprocessedKeys: { items: { ...asked, Keys: left } } }),
    });
  };
  return { client: { send } as unknown as DynamoDBClient, calls };
}

describe("items read at once", () => {
  const Keys = ["a", "b", "c", "d", "e"].map((S) => ({ type: { S } }));

  it("come in more calls where DynamoDB leaves some unprocessed", async () => {
    const { client, calls } = table(2);
    expect(await readItems(client, "items", { Keys })).to.deep.equal(Keys);
    expect(calls).to.deep.equal([5, 3, 1]);
  });

  it("are none of none, without a call", async () => {
    const { client, calls } = table(2);
    expect(await readItems(client, "items", { Keys: [] })).to.deep.equal([]);
    expect(calls).to.deep.equal([]);
  });

  it("fail after four calls that leave some", async () => {
    const { client, calls } = table(1);
    expect((await rejection(readItems(client, "items", { Keys }))).message).to.equal(
      "1 items of items could not be read",
    );
    expect(calls).to.deep.equal([5, 4, 3, 2]);
  });

  it("give each fleet's state, whatever is left unprocessed", async () => {
    const fleets = await readFleetsFrom(table(3).client, "items")(["a", "b", "c", "d"]);
    expect(Object.keys(fleets)).to.deep.equal(["a", "b", "c", "d"]);
  });
});
