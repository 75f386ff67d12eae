import { expect } from "chai";
import { createJobPayloads } from "../../../functions/frontend/services/jobPayloads";
import { keepPayloadIn } from "../../../worker-image/src/records/keepPayload";
import { startDynamo } from "../helpers/aws";
import { envelope } from "../helpers/doubles";

describe("keepPayload", () => {
  it("keeps what the front end reads", async () => {
    const dynamo = await startDynamo();
    try {
      await dynamo.createTable("payloads", "type", "item");
      const job = envelope({ payload: { text: "größe\uffff" } });
      for (let round = 0; round < 2; round++) await keepPayloadIn(dynamo.client, "payloads")(job);
      const { payload } = job;
      expect(await createJobPayloads(dynamo.client, "payloads").read(job)).to.deep.equal({ payload });
    } finally {
      await dynamo.close();
    }
  });
});
