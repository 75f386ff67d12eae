import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { ScanCommand } from "@aws-sdk/client-dynamodb";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { type Journey, startJourney } from "../support/stack";

/** Bad requests over a real connection: what the function answers, and what never reaches it. */
describe("bad input", () => {
  let journey: Journey;
  const good = { type: "idle", payload: {} };

  before(async () => {
    journey = await startJourney([{ name: "idle", handler: "word-count", minInstances: 0 }]);
  });
  after(() => journey?.stop());

  const nested = (depth: number) => `{"type":"idle","payload":${"[".repeat(depth)}${"]".repeat(depth)}}`;
  const refusals: [string, [string, string, unknown?, Record<string, string>?], number, string][] = [
    ["malformed JSON", ["POST", "/jobs", "{"], 400, "malformed-json"],
    ["no body", ["POST", "/jobs"], 400, "malformed-json"],
    ["a body that is no object", ["POST", "/jobs", "7"], 400, "invalid-request"],
    ["a missing type", ["POST", "/jobs", { payload: 1 }], 400, "invalid-request"],
    ["a missing payload", ["POST", "/jobs", { type: "idle" }], 400, "invalid-request"],
    ["a type that is a number", ["POST", "/jobs", { ...good, type: 7 }], 400, "invalid-request"],
    ["an id with a slash", ["POST", "/jobs", { ...good, id: "a/b" }], 400, "invalid-request"],
    ["an id that a path can't hold", ["POST", "/jobs", { ...good, id: ".." }], 400, "invalid-request"],
    ["65 levels of nesting", ["POST", "/jobs", nested(65)], 400, "invalid-request"],
    ["100,000 levels of nesting", ["POST", "/jobs", nested(100_000)], 400, "invalid-request"],
    ["a number past all range", ["POST", "/jobs", '{"type":"idle","payload":[1e999]}'], 400, "invalid-request"],
    ["another content type", ["POST", "/jobs", "x", { "content-type": "text/plain" }], 415, "unsupported-media-type"],
    [
      "a form",
      ["POST", "/jobs", "a=b", { "content-type": "application/x-www-form-urlencoded" }],
      415,
      "unsupported-media-type",
    ],
    [
      "a payload of a byte too many",
      ["POST", "/jobs", { ...good, payload: "x".repeat(2_999_999) }],
      413,
      "payload-too-large",
    ],
    ["an unknown type", ["POST", "/jobs", { ...good, type: "nobody" }], 422, "unknown-type"],
    ["an unknown path", ["GET", "/nothing"], 404, "unknown-path"],
    ["an unknown job", ["GET", "/jobs/nothing"], 404, "job-not-found"],
    ["another method", ["PUT", "/jobs", good], 405, "method-not-allowed"],
    ["a batch that is no array", ["POST", "/jobs/batch", { jobs: 1 }], 400, "invalid-request"],
    ["a batch of 101", ["POST", "/jobs/batch", { jobs: Array(101).fill(good) }], 400, "invalid-request"],
  ];
  for (const [what, [method, path, body, headers], status, code] of refusals) {
    it(`refuses ${what}: ${status} ${code}`, async () => {
      const answer = await journey.call(method, path, body, headers);
      expect(answer.body).to.include({ status, code, type: "about:blank" });
      expect(answer.status).to.equal(status);
      expect(answer.headers.get("content-type")).to.equal("application/problem+json");
      expect(answer.body.detail).to.be.a("string").and.not.equal("");
    });
  }

  it("refuses another job under the same id, and gives the same answer to the same one", async () => {
    const job = { ...good, id: "once" };
    expect((await journey.call("POST", "/jobs", job)).status).to.equal(202);
    expect((await journey.call("POST", "/jobs", job)).body).to.include({ id: "once", state: "queued" });
    const conflict = await journey.call("POST", "/jobs", { ...job, payload: { other: true } });
    expect(conflict.body).to.include({ status: 409, code: "conflict" });
  });

  it("answers each job of a batch by itself, in order", async () => {
    const jobs = [good, { type: "nobody", payload: 1 }, 7, { ...good, id: "batched" }];
    const { status, body } = await journey.call("POST", "/jobs/batch", { jobs });
    expect(status).to.equal(200);
    const results = body.results as { status: number; id?: string; problem?: { code: string } }[];
    expect(results.map((result) => result.status)).to.deep.equal([202, 422, 400, 202]);
    expect(results[3]!.id).to.equal("batched");
  });

  it("takes the largest payload that a message holds", async () => {
    const payload = "x".repeat(239_998);
    expect((await journey.call("POST", "/jobs", { ...good, payload })).status).to.equal(202);
  });

  it("never reaches the function with a body or headers over the gateway's limits", async () => {
    expect((await journey.call("POST", "/jobs", `"${"x".repeat(10 * 1_024 * 1_024)}"`)).status).to.equal(413);
    expect(await statusOf({ "x-large": "x".repeat(20_000) })).to.equal(431);
  });

  it("accepts nothing partly: a record and a message for each accepted job, and no more", async () => {
    const { Count } = await journey.dynamodb.send(new ScanCommand({ TableName: journey.outputs.jobTable }));
    expect(Count).to.equal(4);
    // "once" was replayed while nobody had begun it, so it was published twice; a claim absorbs that.
    const messages = 5;
    const queue = {
      QueueUrl: journey.outputs.queueUrls.idle!,
      AttributeNames: ["ApproximateNumberOfMessages" as const],
    };
    for (let tries = 0; tries < 50; tries++) {
      const { Attributes } = await journey.sqs.send(new GetQueueAttributesCommand(queue));
      if (Attributes!.ApproximateNumberOfMessages === String(messages)) return;
      await sleep(100);
    }
    throw new Error(`Expected ${messages} messages in the queue`);
  });

  function statusOf(headers: Record<string, string>): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      request(`${journey.url}/health`, { headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });
  }
});
