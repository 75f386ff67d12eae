import { GetItemCommand, PutItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import { deflateRaw } from "pako";
import { lambdaCode, type LambdaName } from "../../components/pipeline/lambdaCode";
import { fleetItem } from "../../contract/fleet/state";
import { encodeJobType } from "../../contract/jobType";
import { decodeEnvelope } from "../../contract/messages/envelope";
import { Emulators } from "./support/emulators";
import { FakeAutoScaling } from "./support/fakeAutoScaling";
import { type Run, runSerialised } from "./support/runSerialised";

function http(method: string, rawPath: string, body?: string) {
  return { rawPath, headers: { "content-type": "application/json" }, requestContext: { http: { method } }, body };
}

function sns(...messages: string[]) {
  return { Records: messages.map((Message) => ({ Sns: { Message } })) };
}

const fleet = { groupName: "group", slots: 1, prefetch: 0, targetLatencySeconds: 30 };

describe("serialised handlers", () => {
  let aws: Emulators;
  let queueUrl: string;
  let topicQueueUrl: string;
  let unroutableQueueUrl: string;
  let environment: Record<string, string>;

  before(async () => {
    aws = await Emulators.start();
    await aws.createTable("jobs", "id");
    await aws.createTable("types", "type");
    await aws.createTable("payloads", "type", "item");
    await aws.createTable("fleets", "type", "item");
    queueUrl = await aws.createQueue("word-count");
    topicQueueUrl = await aws.createQueue("topic");
    unroutableQueueUrl = await aws.createQueue("unroutable");
    const jobType = {
      type: "word-count",
      queueUrl,
      deadLetterQueueUrl: "d",
      timeoutSeconds: 900,
      maxAttempts: 3,
      fleet,
    };
    await aws.tables.send(new PutItemCommand({ TableName: "types", Item: encodeJobType(jobType) }));
    const Item = { type: { S: "word-count" }, item: { S: fleetItem }, launchProblem: { S: "no capacity" } };
    await aws.tables.send(new PutItemCommand({ TableName: "fleets", Item }));
    environment = {
      ...aws.environment(),
      TOPIC_ARN: await aws.createTopic("jobs", topicQueueUrl),
      JOB_TABLE: "jobs",
      PAYLOAD_TABLE: "payloads",
      FLEET_TABLE: "fleets",
      SCALER_FUNCTION: "scaler",
      AWS_ENDPOINT_URL_LAMBDA: "http://127.0.0.1:1",
      TYPE_TABLE: "types",
      UNSENT_TABLE: "unsent",
      OPERATOR_FUNCTION: "operator",
      CONTROL_TABLE: "control",
      LOG_GROUP: "functions",
      REMOVAL_FUNCTION: "removal",
      UNROUTABLE_QUEUE_URL: unroutableQueueUrl,
      SCHEDULE_GROUP: "jobs",
      SCHEDULE_ROLE_ARN: "arn:aws:iam::000000000000:role/publisher",
      SCHEDULE_DEAD_LETTER_ARN: "arn:aws:sqs:us-east-1:000000000000:undelivered",
    };
  });
  after(() => aws.stop());

  /** Most bytes of each archive, deflated. The front end evaluates schemas; no job waits for the operator. */
  const maxBytes: Record<LambdaName, number> = {
    ...{ frontend: 24_000, operator: 24_000 },
    ...{ router: 8_000, scaler: 8_000, repair: 8_000, removal: 8_000 },
  };
  for (const name of Object.keys(maxBytes) as LambdaName[]) {
    it(`keeps the ${name} small`, () => {
      // Node's zlib counts otherwise where it is the system's, or zlib-ng.
      expect(deflateRaw(lambdaCode(name)).length).to.be.at.most(maxBytes[name]);
    });
  }

  describe("frontend", () => {
    const job = JSON.stringify({ id: "a", type: "word-count", payload: "größe \uffff 😀", tenant: "acme" });
    let run: Run;

    before(async () => {
      run = await runSerialised(lambdaCode("frontend"), environment, [
        http("POST", "/jobs", job),
        http("POST", "/jobs", job),
        http("POST", "/jobs", job.replace("größe", "other")),
        http("GET", "/jobs/a"),
        http("GET", "/jobs/b"),
        http("POST", "/jobs/batch", '{"jobs":[{"type":"word-count","payload":1},{"type":"none","payload":1},{}]}'),
        http("GET", "/health"),
        http("POST", "/jobs", "{"),
        http("PATCH", "/jobs"),
        { ...http("POST", "/jobs", Buffer.from([0xff]).toString("base64")), isBase64Encoded: true },
        http("POST", "/jobs", "[".repeat(20_000) + "]".repeat(20_000)),
      ]);
    });

    it("answers as it does unserialised", () => {
      expect(run.outcomes.map(({ value }) => (value as { statusCode: number }).statusCode)).to.deep.equal([
        202, 202, 409, 200, 404, 200, 200, 400, 405, 400, 400,
      ]);
      const [, , , shown, , batch] = run.outcomes.map(
        ({ value }) => JSON.parse((value as { body: string }).body) as Record<string, unknown>,
      );
      expect(shown).to.include({ id: "a", type: "word-count", state: "queued", attempts: 0 });
      expect((batch!.results as { status: number }[]).map(({ status }) => status)).to.deep.equal([202, 422, 400]);
    });

    it("publishes each job with its type as attribute", async () => {
      const messages = await aws.receive(topicQueueUrl);
      expect(messages.map(({ MessageAttributes }) => MessageAttributes!.type!.StringValue)).to.deep.equal(
        Array(3).fill("word-count"),
      );
      const decoded = messages.map(({ Body }) => decodeEnvelope(Body!));
      expect(decoded.map((each) => each.ok && each.value.payload)).to.have.members([
        "größe \uffff 😀",
        "größe \uffff 😀",
        1,
      ]);
    });

    it("needs nothing but Node and the AWS SDK, and logs one JSON object a line", () => {
      expect(run.required.sort()).to.deep.equal([
        ...["@aws-sdk/client-dynamodb", "@aws-sdk/client-sns"],
        ...["node:crypto", "node:fs/promises", "node:vm"],
      ]);
      expect(run.lines.map(({ event, jobType }) => [event, jobType])).to.deep.equal(
        Array(3).fill(["job-accepted", "word-count"]),
      );
    });
  });

  describe("frontend of a type with a schema", () => {
    const mail = "^([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+$";
    const payloadSchema = {
      type: "object",
      properties: { tags: { type: "array", uniqueItems: true }, mail: { type: "string", pattern: mail } },
      additionalProperties: false,
    };
    const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
    let run: Run;

    before(async () => {
      const jobType = {
        type: "checked",
        queueUrl,
        deadLetterQueueUrl: "d",
        timeoutSeconds: 900,
        maxAttempts: 3,
        fleet,
      };
      const Item = {
        ...encodeJobType({ ...jobType, payloadSchema }),
        payloadValidator: { S: 'require("node:fs"); module.exports = () => true' },
      };
      await aws.tables.send(new PutItemCommand({ TableName: "types", Item }));
      const submit = (payload: unknown) => http("POST", "/jobs", JSON.stringify({ type: "checked", payload }));
      run = await runSerialised(lambdaCode("frontend"), environment, [
        submit({ tags: numbers(5_000) }),
        submit({ tags: numbers(2_000).map((id) => ({ id })) }),
        submit({ tags: [...numbers(5_000), 7] }),
        submit({ mail: "a@a", more: 1 }),
        submit({ mail: "a".repeat(60) }),
        submit({ mail: "a@a" }),
      ]);
      await aws.receive(topicQueueUrl);
    });

    it("checks by the table's schema, runs none of its text, and bounds patterns", () => {
      const answers = run.outcomes.map(({ value }) => value as { statusCode: number; body: string });
      expect(answers.map(({ statusCode }) => statusCode)).to.deep.equal([202, 202, 422, 422, 422, 202]);
      const errors = answers.map(({ body }) => (JSON.parse(body) as { errors?: unknown[] }).errors);
      expect(errors[2]).to.deep.equal([
        {
          path: "/payload/tags",
          message: "The value must have unique items, but 7 and 5000 are the same, got an array of 5001",
        },
      ]);
      expect(errors[3]).to.deep.equal([{ path: "/payload/more", message: "Expected no such property" }]);
      expect(JSON.stringify(errors[4])).to.include("/payload/mail").and.include("within 1000 ms");
      expect(run.required).to.include("node:vm").and.not.include("node:fs");
    });
  });

  describe("frontend, of requests with unknown fields and values that JSON loses", () => {
    it("answers as it does unserialised", async () => {
      const post = (body: string, headers: Record<string, string> = {}) => {
        const event = http("POST", "//jobs/", body);
        return { ...event, headers: { ...event.headers, ...headers } };
      };
      const job = '{"type":"word-count","payload":1}';
      const iam = { userArn: "arn:aws:sts::123456789012:assumed-role/Biller/anna" };
      const keyed = (authorizer: object) => {
        const event = post(job, { "idempotency-key": "serialised" });
        return { ...event, requestContext: { ...event.requestContext, authorizer } };
      };
      const listed = (queryStringParameters: Record<string, string>) => ({
        ...http("GET", "/jobs"),
        queryStringParameters,
      });
      const { outcomes } = await runSerialised(lambdaCode("frontend"), environment, [
        post(`\ufeff${job}`),
        post('{"type":"word-count","payload":1,"delay":2}'),
        post('{"type":"word-count","payload":{"a":12345678901234567890}}'),
        post('{"type":"word-count","payload":{"a":1,"a":2}}'),
        post(job, { "content-encoding": "gzip" }),
        post('{"type":"word-count","payload":1,"id":"key-1"}'),
        keyed({ iam }),
        keyed({ iam: { userArn: iam.userArn.replace("anna", "bert") } }),
        keyed({ jwt: { claims: { iss: "i", sub: "s" } } }),
        { ...http("GET", "/prod/health"), requestContext: { http: { method: "GET" }, stage: "prod" } },
        listed({ status: "failed" }),
      ]);
      const answers = outcomes.map(({ value }) => value as { statusCode: number; body: string });
      expect(answers.map(({ statusCode }) => statusCode)).to.deep.equal([
        ...[202, 400, 400, 400, 415, 400, 202, 202, 202, 200],
        // Not listed here.
        400,
      ]);
      const bodies = answers.map(({ body }) => JSON.parse(body) as { id?: string; errors?: { path: string }[] });
      expect(bodies.map(({ errors }) => errors?.[0]?.path)).to.deep.equal([
        ...[undefined, "/delay", "/payload/a", "/payload/a", undefined, "/id"],
        ...[undefined, undefined, undefined, undefined, "status"],
      ]);
      expect(bodies[7]!.id).to.equal(bodies[6]!.id);
      expect(bodies[8]!.id).to.not.equal(bodies[6]!.id);
      await aws.receive(topicQueueUrl);
    });
  });

  describe("frontend without AWS", () => {
    it("answers 503, not an exception", async () => {
      const dead = {
        ...environment,
        AWS_ENDPOINT_URL: "http://127.0.0.1:1",
        AWS_ENDPOINT_URL_DYNAMODB: "http://127.0.0.1:1",
      };
      const run = await runSerialised(lambdaCode("frontend"), dead, [
        http("POST", "/jobs", '{"type":"word-count","payload":1}'),
        http("GET", "/types"),
      ]);
      for (const { value } of run.outcomes) {
        expect(value).to.deep.include({ statusCode: 503 });
        expect((value as { headers: Record<string, string> }).headers).to.include({ "retry-after": "2" });
      }
    });
  });

  describe("operator", () => {
    it("answers as it does unserialised", async () => {
      const ask = (route: string, parameter: string, query = {}) => ({ route, parameter, query, body: {}, caller: {} });
      const run = await runSerialised(lambdaCode("operator"), environment, [
        ask("getLogs", "none"),
        ask("getLogs", "a", { after: "no cursor" }),
        ask("retryLaunches", "none"),
        ask("getType", "word-count"),
      ]);
      const answers = run.outcomes.map(({ value }) => value as { statusCode: number; body: string });
      expect(answers.map(({ statusCode }) => statusCode)).to.deep.equal([404, 400, 404, 200]);
      expect(JSON.parse(answers.pop()!.body)).to.deep.include({ type: "word-count", launchProblem: "no capacity" });
      expect(answers.map(({ body }) => (JSON.parse(body) as { code: string }).code)).to.deep.equal([
        ...["job-not-found", "invalid-request", "type-not-found"],
      ]);
    });
  });

  describe("router", () => {
    const envelope = {
      version: 1,
      id: "r1",
      type: "word-count",
      payload: "größe",
      submittedAt: "2026-11-02T10:00:00Z",
    };
    let run: Run;

    before(async () => {
      const several = JSON.stringify([
        envelope,
        { ...envelope, id: "r2", tenant: "acme" },
        { ...envelope, type: "none" },
      ]);
      run = await runSerialised(lambdaCode("router"), environment, [
        sns(several),
        sns("not JSON", JSON.stringify({ ...envelope, id: "r3" })),
      ]);
    });

    it("routes as it does unserialised", async () => {
      expect(run.outcomes).to.deep.equal([{}, {}]);
      const routed = await aws.receive(queueUrl);
      expect(routed.map(({ Body }) => (JSON.parse(Body!) as { id: string }).id)).to.have.members(["r1", "r2", "r3"]);
      expect(routed.map(({ MessageAttributes }) => MessageAttributes!.type!.StringValue)).to.deep.equal(
        Array(3).fill("word-count"),
      );
      const unroutable = await aws.receive(unroutableQueueUrl);
      expect(unroutable.map(({ MessageAttributes }) => Object.keys(MessageAttributes!).sort())).to.have.deep.members([
        ["failedAt", "reason", "type"],
        ["failedAt", "reason"],
      ]);
    });

    it("needs nothing but Node and the AWS SDK, and logs one JSON object a line", () => {
      expect(run.required.sort()).to.deep.equal([
        "@aws-sdk/client-dynamodb",
        "@aws-sdk/client-lambda",
        "@aws-sdk/client-sqs",
        "node:crypto",
      ]);
      expect(run.lines.map(({ event }) => event)).to.have.members([
        ...["job-unroutable", "job-routed", "scaler-not-nudged"],
        ...["job-unroutable", "job-routed"],
      ]);
      for (const { time } of run.lines) expect(Date.parse(time as string)).to.be.closeTo(Date.now(), 600_000);
    });

    it("throws where its queue is gone and the event can be kept nowhere, so that nothing is dropped", async () => {
      const jobType = {
        type: "gone",
        queueUrl: `${queueUrl}-gone`,
        deadLetterQueueUrl: "d",
        timeoutSeconds: 1,
        maxAttempts: 1,
        fleet,
      };
      await aws.tables.send(new PutItemCommand({ TableName: "types", Item: encodeJobType(jobType) }));
      const failing = await runSerialised(lambdaCode("router"), environment, [
        sns(JSON.stringify({ ...envelope, type: "gone" })),
      ]);
      expect(failing.outcomes[0]!.error).to.equal("1 of 1 jobs could not be routed");
      expect(JSON.stringify(failing.lines)).to.contain("QueueDoesNotExist");
      await aws.createTable("unsent", "id");
      const keeping = await runSerialised(lambdaCode("router"), environment, [
        sns(JSON.stringify({ ...envelope, type: "gone" })),
      ]);
      expect(keeping.outcomes).to.deep.equal([{}]);
      const { Items = [] } = await aws.tables.send(new ScanCommand({ TableName: "unsent" }));
      expect(Items.map(({ message }) => JSON.parse(message!.S!) as object)).to.deep.equal([
        { ...envelope, type: "gone" },
      ]);
    });
  });

  describe("router that reaches no scaler", () => {
    it("routes nevertheless", async () => {
      const text = lambdaCode("router");
      const job = { version: 1, id: "n1", type: "word-count", payload: 1, submittedAt: "2026-11-02T10:00:00Z" };
      const run = await runSerialised(text, environment, [sns(JSON.stringify(job))]);
      expect(run.outcomes).to.deep.equal([{}]);
      expect(run.required).to.include("@aws-sdk/client-lambda");
      expect(run.lines.map(({ event }) => event)).to.deep.equal(["job-routed", "scaler-not-nudged"]);
      expect(await aws.receive(queueUrl)).not.to.be.empty;
    });
  });

  describe("scaler", () => {
    const fleet = { groupName: "busy-group", slots: 2, prefetch: 0, targetLatencySeconds: 60 };
    let groups: FakeAutoScaling;
    let busyQueueUrl: string;

    before(async () => {
      groups = await FakeAutoScaling.start();
      await aws.createTable("scaled-types", "type");
      busyQueueUrl = await aws.createQueue("busy");
      const shared = { deadLetterQueueUrl: "d", timeoutSeconds: 900, maxAttempts: 3 };
      for (const jobType of [
        { ...shared, type: "busy", queueUrl: busyQueueUrl, fleet },
        { ...shared, type: "lost", queueUrl: `${busyQueueUrl}-lost`, fleet: { ...fleet, groupName: "lost-group" } },
      ]) {
        await aws.tables.send(new PutItemCommand({ TableName: "scaled-types", Item: encodeJobType(jobType) }));
      }
      groups.desired = { "busy-group": 0, "lost-group": 0 };
    });
    after(() => groups.stop());

    const run = async (...events: unknown[]) => {
      const own = { TYPE_TABLE: "scaled-types", AWS_ENDPOINT_URL_AUTO_SCALING: groups.url };
      return runSerialised(lambdaCode("scaler"), { ...environment, ...own }, events);
    };

    it("raises as it does unserialised, past Auto Scaling's throttling, and says which queue is gone", async () => {
      groups.throttled = 2;
      const nudged = await run({ sent: { busy: 30 } }, {});
      expect(nudged.outcomes).to.deep.equal([{}, { error: "A part of the scaler's run failed" }]);
      expect(groups.desired["busy-group"]).to.equal(3);
      expect(nudged.lines.map(({ event, jobType, jobTypes }) => [event, jobType ?? jobTypes])).to.deep.equal([
        ["capacity-raised", "busy"],
        ["types-not-scaled", ["lost"]],
      ]);
      expect(JSON.stringify(nudged.lines[1])).to.include("QueueDoesNotExist");
      expect(nudged.required.sort()).to.deep.equal([
        "@aws-sdk/client-auto-scaling",
        "@aws-sdk/client-dynamodb",
        "@aws-sdk/client-sqs",
      ]);
      const Key = { type: { S: "busy" }, item: { S: fleetItem } };
      const { Item } = await aws.tables.send(new GetItemCommand({ TableName: "fleets", Key }));
      expect(Item).to.include.keys("targetLatencySeconds", "counts");
      expect(Number(Item!.leaseUntil!.N)).to.be.at.most(Date.now());
    });

    it("asks for groups a hundred at a time, and page by page", async () => {
      const before = groups.described.length;
      groups.pageSize = 60;
      for (let index = 0; index < 150; index++) {
        const groupName = `group-${index}`;
        groups.desired[groupName] = 0;
        const jobType = {
          type: `t${index}`,
          queueUrl: busyQueueUrl,
          deadLetterQueueUrl: "d",
          timeoutSeconds: 9,
          maxAttempts: 1,
        };
        const Item = encodeJobType({ ...jobType, fleet: { ...fleet, groupName } });
        await aws.tables.send(new PutItemCommand({ TableName: "scaled-types", Item }));
      }
      const { lines } = await run({});
      expect(lines.map(({ jobTypes }) => jobTypes)).to.deep.equal([["lost"]]);
      const asked = groups.described.slice(before);
      expect(asked).to.have.deep.members([
        { names: 100, isFirstPage: true },
        { names: 100, isFirstPage: false },
        { names: 52, isFirstPage: true },
      ]);
    });
  });
});
