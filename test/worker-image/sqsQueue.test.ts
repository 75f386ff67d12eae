import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { limits } from "../../contract/limits";
import { SqsQueue } from "../../worker-image/src/sqsQueue";
import { credentials, region, startSqsAndS3 } from "./support/aws";

describe("SqsQueue", () => {
  let aws: Awaited<ReturnType<typeof startSqsAndS3>>;
  let client: SQSClient;
  let url: string;
  let queue: SqsQueue;

  before(async () => {
    aws = await startSqsAndS3();
    client = new SQSClient({ endpoint: aws.endpoint, region, credentials });
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: "dead-letters" }));
    url = aws.reachable(QueueUrl!);
    queue = new SqsQueue(client, {
      queueUrl: url,
      deadLetterQueueUrl: url,
      visibilityTimeoutSeconds: 30,
      now: () => Date.now(),
    });
  });

  after(async () => {
    client?.destroy();
    await aws?.close();
  });

  for (const { room, kept } of [
    { room: 0, kept: [] },
    { room: 30, kept: ["reason"] },
    { room: 1_000, kept: ["attempt", "failedAt", "reason", "type"] },
  ]) {
    it(`dead-letters a message that leaves ${room} bytes for attributes, with what fits`, async () => {
      const body = "x".repeat(limits.maxQueueMessageBytes - room);
      const failedAt = "2026-11-23T12:00:00.000Z";
      await queue.deadLetter({ body, type: "thumbnail", reason: "no job", attempt: 1, failedAt });
      const { Messages: messages = [] } = await client.send(
        new ReceiveMessageCommand({ QueueUrl: url, MessageAttributeNames: ["All"] }),
      );
      expect(messages).to.have.length(1);
      expect(messages[0]!.Body).to.have.length(body.length);
      expect(Object.keys(messages[0]!.MessageAttributes ?? {}).sort()).to.deep.equal(kept);
    });
  }
});
