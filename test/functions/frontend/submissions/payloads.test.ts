import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import { encodePayload, payloadRetentionSeconds } from "../../../../contract/records/payloads";
import { createJobPayloads } from "../../../../functions/frontend/services/jobPayloads";
import { createEndedPayloads } from "../../../../functions/operator/services/endedPayloads";
import { startDynamo } from "../../../worker-image/helpers/aws";
import { FakeFrontend } from "../../support/fakeFrontend";

const job = { id: "a", type: "word-count", payload: { text: "a b" }, labels: { campaign: "spring" } };
const submittedAt = "2026-11-02T10:00:00.000Z";
const caller = { userArn: "arn:aws:sts::123456789012:assumed-role/orders/session-1", accountId: "123456789012" };
const signed = (method: string) => ({ requestContext: { http: { method }, authorizer: { iam: caller } } });

describe("kept payloads", () => {
  it("are kept before the job is published, and shown with it, its submitter and its labels", async () => {
    const frontend = new FakeFrontend({ publish: (messages) => Promise.resolve(messages.map(() => whenPublished())) });
    const whenPublished = () => void expect(frontend.kept.get("a")).to.deep.equal(job.payload);
    expect((await frontend.request("POST", "/jobs", job, signed("POST"))).status).to.equal(202);
    const { id, type, payload, labels } = job;
    const submittedBy = "123456789012 assumed-role/orders";
    const shown = (await frontend.request("GET", "/jobs/a")).json;
    expect(shown).to.deep.include({ id, type, payload, labels, submittedBy, submittedAt });
    const { jobs } = (await frontend.request("GET", "/jobs")).json as { jobs: object[] };
    expect(jobs[0]).to.deep.include({ labels, submittedBy }).and.not.have.property("payload");
  });

  it("are neither read nor shown where the caller asks for the job without", async () => {
    const unread = () => Promise.reject(new Error("The payload was read"));
    const never = { keep: () => Promise.resolve(), read: unread, renew: unread, remove: unread };
    const frontend = new FakeFrontend({ payloads: never });
    await frontend.request("POST", "/jobs", job);
    const get = (payload: string) =>
      frontend.request("GET", "/jobs/a", undefined, { queryStringParameters: { payload } });
    expect((await get("false")).json)
      .to.include({ id: "a", state: "queued" })
      .and.not.have.property("payload");
    expect([(await get("true")).status, (await get("no")).status]).to.deep.equal([503, 400]);
  });

  it("are kept of a batch in calls of 25, of jobs far ahead too, and again when a submission is repeated", async () => {
    const calls: number[] = [];
    const keepPayloads = (envelopes: unknown[]) => Promise.resolve(void calls.push(envelopes.length));
    const frontend = new FakeFrontend({ keepPayloads });
    const jobs = Array.from({ length: 60 }, (_, index) => ({ ...job, id: `job-${index}`, delaySeconds: index * 100 }));
    for (let round = 0; round < 2; round++) await frontend.request("POST", "/jobs/batch", { jobs });
    expect(calls).to.deep.equal([25, 25, 10, 25, 25, 10]);
    // What has ended is left as it is: its data may have been removed.
    frontend.put({ ...frontend.record("job-0")!, state: "succeeded" });
    await frontend.request("POST", "/jobs", jobs[0]);
    expect(calls).to.have.length(6);
  });

  it("that can't be kept have the client submit the job again, which is then published once", async () => {
    let isBroken = true;
    const keepPayloads = () => (isBroken ? Promise.reject(new Error("no")) : Promise.resolve());
    const frontend = new FakeFrontend({ keepPayloads });
    const { status, problem } = await frontend.request("POST", "/jobs", job);
    expect([status, problem.code, frontend.published.length]).to.deep.equal([503, "unavailable", 0]);
    expect(frontend.lines.at(-1)).to.deep.include({ level: "error", event: "payload-not-kept" });
    isBroken = false;
    expect((await frontend.request("POST", "/jobs", job)).status).to.equal(202);
    expect(frontend.published.map(({ id }) => id)).to.deep.equal(["a"]);
  });

  it("are not kept when the component keeps none", async () => {
    const frontend = new FakeFrontend({ keepPayloads: undefined });
    expect((await frontend.request("POST", "/jobs", job)).status).to.equal(202);
    expect(frontend.kept.size).to.equal(0);
  });

  it("distinguish a job with other labels under the id from the same job", async () => {
    const frontend = new FakeFrontend();
    await frontend.request("POST", "/jobs", job);
    expect((await frontend.request("POST", "/jobs", job)).status).to.equal(202);
    for (const labels of [undefined, {}, { campaign: "autumn" }]) {
      expect((await frontend.request("POST", "/jobs", { ...job, labels })).problem.code).to.equal("conflict");
    }
    expect(frontend.published[0]!.labels).to.deep.equal(job.labels);
  });

  it("names the submitter of a token by issuer and subject, and none without authentication", async () => {
    const frontend = new FakeFrontend();
    const claims = { iss: "https://issuer.example", sub: "user-1" };
    const requestContext = { http: { method: "POST" }, authorizer: { jwt: { claims } } };
    await frontend.request("POST", "/jobs", job, { requestContext });
    await frontend.request("POST", "/jobs", { ...job, id: "b" });
    expect(frontend.record("a")!.submittedBy).to.equal("https://issuer.example user-1");
    expect(frontend.record("b")).not.to.have.property("submittedBy");
  });
});

describe("the table of payloads in DynamoDB", () => {
  let dynamo: Awaited<ReturnType<typeof startDynamo>>;
  before(async () => {
    dynamo = await startDynamo();
    await dynamo.createTable("payloads", "type", "item");
  });
  after(() => dynamo.close());

  const envelope = (id: string, payload: unknown = { id }) =>
    ({ version: 1, id, type: "echo", payload, submittedAt }) as const;

  it("keeps each type's payloads apart, whole, and removes them", async () => {
    const payloads = createJobPayloads(dynamo.client, "payloads");
    const large = "\uffff".repeat(30_000);
    await payloads.keep([envelope("a"), envelope("b", large), envelope("c", null)]);
    expect(await payloads.read({ id: "a", type: "echo" })).to.deep.equal({ payload: { id: "a" } });
    expect(await payloads.read({ id: "b", type: "echo" })).to.deep.equal({ payload: large });
    expect(await payloads.read({ id: "c", type: "echo" })).to.deep.equal({ payload: null });
    expect(await payloads.read({ id: "a", type: "other" })).to.equal(undefined);
    await createEndedPayloads(dynamo.client, "payloads").remove({ id: "a", type: "echo" });
    expect(await payloads.read({ id: "a", type: "echo" })).to.equal(undefined);
  });

  it("renews a payload that is there, and makes none that is not", async () => {
    const payloads = createJobPayloads(dynamo.client, "payloads");
    const ended = createEndedPayloads(dynamo.client, "payloads");
    await payloads.keep([envelope("d", 1)]);
    const from = Date.parse("2026-11-20T00:00:00Z");
    expect(await ended.renew({ id: "d", type: "echo" }, from)).to.deep.equal({ payload: 1 });
    const Key = { type: { S: "echo" }, item: { S: "d#payload" } };
    const { Item } = await dynamo.client.send(new GetItemCommand({ TableName: "payloads", Key }));
    expect(Number(Item!.expiresAt!.N)).to.equal(from / 1_000 + payloadRetentionSeconds);
    expect(await ended.renew({ id: "none", type: "echo" }, from)).to.equal(undefined);
    expect(await payloads.read({ id: "none", type: "echo" })).to.equal(undefined);
  });

  it("writes again what DynamoDB left, and gives up in the end", async () => {
    let left = 2;
    const send = ({ input }: { input: { RequestItems: unknown } }) =>
      Promise.resolve(left-- > 0 ? { UnprocessedItems: input.RequestItems } : {});
    const payloads = createJobPayloads({ send } as never, "payloads");
    await payloads.keep([envelope("a")]);
    expect(left).to.equal(-1);
    left = Infinity;
    const failure = await payloads.keep([envelope("a")]).catch((error: Error) => error.message);
    expect(failure).to.equal("DynamoDB left 1 items unwritten");
  });

  it("has a payload expire 28 days after the later of submission and start time", () => {
    const expiryOf = (notBefore?: string) =>
      Number(encodePayload({ ...envelope("a"), ...(notBefore && { notBefore }) }).expiresAt.N);
    expect(expiryOf()).to.equal(Date.parse(submittedAt) / 1_000 + payloadRetentionSeconds);
    expect(expiryOf("2027-01-01T00:00:00Z")).to.equal(Date.UTC(2_027, 0, 29) / 1_000);
    expect(expiryOf("2020-01-01T00:00:00Z")).to.equal(expiryOf());
  });
});
