import { once } from "node:events";
import { type AddressInfo } from "node:net";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import dynalite from "dynalite";

export const region = "us-east-1";
export const credentials = { accessKeyId: "test", secretAccessKey: "test" };

/** A DynamoDB of the test's own, on a free port of the loopback. */
export async function startDynamo() {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new DynamoDBClient({ endpoint, region, credentials });
  return {
    endpoint,
    client,
    /** Its keys are texts: the hash, and perhaps the range. */
    async createTable(name: string, ...keys: [string, string?]) {
      const names = keys.filter((key) => key !== undefined);
      await client.send(
        new CreateTableCommand({
          TableName: name,
          KeySchema: names.map((key, index) => ({ AttributeName: key, KeyType: index === 0 ? "HASH" : "RANGE" })),
          AttributeDefinitions: names.map((key) => ({ AttributeName: key, AttributeType: "S" })),
          BillingMode: "PAY_PER_REQUEST",
        }),
      );
    },
    async close() {
      client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** SQS and S3 of the test's own, on a free port of the loopback. */
export async function startSqsAndS3() {
  const { buildApp } = await import("fauxqs");
  const queueUrls = new Map<string, string>();
  const app = buildApp({ logger: false });
  // It knows its queues only by URLs whose host doesn't resolve.
  app.addHook("preHandler", async ({ body }) => {
    if (typeof body !== "object" || body === null || !("QueueUrl" in body)) return;
    body.QueueUrl = queueUrls.get(new URL(String(body.QueueUrl)).pathname) ?? body.QueueUrl;
  });
  // What answers a poll that nobody waits for any more goes back to the queue, sooner than its visibility timeout says.
  app.addHook("onSend", async ({ raw, body }, _reply, payload) => {
    if (!raw.socket.destroyed || typeof payload !== "string" || !payload.includes('"ReceiptHandle"')) return;
    const { Messages: messages } = JSON.parse(payload) as { Messages: { ReceiptHandle: string }[] };
    for (const { ReceiptHandle } of messages) {
      await app.inject({
        method: "POST",
        url: "/",
        headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.ChangeMessageVisibility" },
        payload: { QueueUrl: (body as { QueueUrl: string }).QueueUrl, ReceiptHandle, VisibilityTimeout: 0 },
      });
    }
  });
  const endpoint = await app.listen({ host: "127.0.0.1", port: 0 });
  return {
    endpoint,
    /** The queue's URL by an address that resolves. */
    reachable(queueUrl: string): string {
      const { pathname } = new URL(queueUrl);
      queueUrls.set(pathname, queueUrl);
      return endpoint + pathname;
    },
    async close() {
      app.server.closeAllConnections();
      await app.close();
    },
  };
}
