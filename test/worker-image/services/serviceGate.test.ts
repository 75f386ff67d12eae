import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import fc from "fast-check";
import { gateClient } from "../../../worker-image/src/services/gatedClient";
import { isAnswer, isOutage } from "../../../worker-image/src/services/serviceError";
import { ServiceAway, ServiceGate } from "../../../worker-image/src/services/serviceGate";
import { Services } from "../../../worker-image/src/services/services";
import { credentials, region } from "../helpers/aws";
import { FakeClock, settled } from "../helpers/fakeClock";

function refusal(name: string, httpStatusCode?: number): Error {
  return Object.assign(new Error(`${name} it is`), { name, ...(httpStatusCode && { $metadata: { httpStatusCode } }) });
}

const broken = () => Promise.reject(refusal("InternalServerError", 500));

/** A gate whose service answers as the test says; `calls` has the time of each call that was made. */
function setUp() {
  const clock = new FakeClock();
  const start = clock.now();
  const gate = new ServiceGate("DynamoDB", { clock });
  const calls: number[] = [];
  const call = async (answer: () => Promise<unknown>) =>
    gate
      .run(() => {
        calls.push((clock.now() - start) / 1_000);
        return answer();
      })
      .then(
        () => "worked",
        (error: Error) => error.name,
      );
  /** Calls each so many milliseconds, as jobs and heartbeats do. */
  const hammer = async (milliseconds: number, every: number, answer: () => Promise<unknown>) => {
    for (let at = 0; at < milliseconds; at += every) {
      await call(answer);
      await clock.advance(every);
    }
  };
  return { clock, gate, calls, call, hammer };
}

describe("ServiceGate", () => {
  it("lets three calls a minute through while every call fails, and all at once from the first that works", async () => {
    const { calls, call, hammer } = setUp();
    await hammer(180 * 60_000, 1_000, broken);
    const perMinute = Array.from({ length: 180 }, (_, minute) => calls.filter((at) => Math.floor(at / 60) === minute));
    expect(Math.max(...perMinute.slice(1).map(({ length }) => length))).to.equal(3);
    expect(await call(broken)).to.be.oneOf(["ServiceAway", "InternalServerError"]);
    const before = calls.length;
    await hammer(30_000, 1_000, () => Promise.resolve());
    expect(calls.length - before).to.be.greaterThan(1);
    expect(await call(() => Promise.resolve())).to.equal("worked");
  });

  it("stays open while some calls work, and while those that fail are themselves to blame", async () => {
    const { gate, calls, hammer } = setUp();
    let count = 0;
    await hammer(120_000, 100, () => (++count % 50 === 0 ? Promise.resolve() : broken()));
    expect(calls).to.have.length(1_200);
    await hammer(120_000, 100, () => Promise.reject(refusal("ValidationException", 400)));
    expect(calls).to.have.length(2_400);
    expect(gate.failingSince).to.equal(undefined);
  });

  it("stays open for a few failures, however long ago the first was", async () => {
    const { calls, call, clock } = setUp();
    for (let time = 0; time < 4; time++) {
      await call(broken);
      await clock.advance(3_600_000);
    }
    await call(broken);
    expect(calls).to.have.length(5);
  });

  it("ignores the failure of a call that began before the service recovered", async () => {
    const { gate, call, clock } = setUp();
    let fail: (error: Error) => void = () => undefined;
    const hung = Array.from({ length: 9 }, () => call(() => new Promise((_, reject) => (fail = reject))));
    await clock.advance(30_000);
    await call(() => Promise.resolve());
    fail(refusal("TimeoutError"));
    await settled();
    expect(gate.failingSince).to.equal(undefined);
    void hung;
  });

  it("tells waiting callers when a call would be let through", async () => {
    const { gate, call, hammer, clock } = setUp();
    await gate.ready();
    await hammer(25_000, 1_000, broken);
    let isReady = false;
    void gate.ready().then(() => (isReady = true));
    await settled();
    expect(isReady).to.equal(false);
    await clock.advance(20_000);
    expect(isReady).to.equal(true);
    await call(broken);
    const ending = new AbortController();
    const aborted = gate.ready(ending.signal);
    ending.abort();
    await aborted;
    expect(clock.pendingTimers).to.equal(0);
    await call(broken).then((name) => expect(name).to.equal("ServiceAway"));
  });

  it("never makes more than six calls in a minute after the first, whatever the calls and their timing", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 9_000 }), fc.constantFrom(500, 503, 429, undefined)), {
          minLength: 60,
          maxLength: 300,
        }),
        async (steps) => {
          const { calls, call, clock } = setUp();
          for (const [wait, status] of steps) {
            await call(() => Promise.reject(refusal(status ? "Throttled" : "TimeoutError", status)));
            await clock.advance(wait);
          }
          const late = calls.filter((at) => at >= 60);
          for (const from of late) {
            expect(late.filter((at) => at >= from && at < from + 60).length).to.be.at.most(6);
          }
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe("isOutage", () => {
  const outages = [
    refusal("InternalServerError", 500),
    refusal("ServiceUnavailable", 503),
    refusal("TooManyRequestsException", 429),
    refusal("ThrottlingException", 400),
    refusal("ThrottledException", 400),
    refusal("Throttling", 400),
    refusal("RequestThrottled", 403),
    refusal("ProvisionedThroughputExceededException", 400),
    refusal("RequestLimitExceeded", 400),
    refusal("AccessDeniedException", 400),
    refusal("AccessDenied", 403),
    refusal("AuthorizationError", 500),
    refusal("ExpiredTokenException", 400),
    refusal("UnrecognizedClientException", 400),
    refusal("InvalidSignatureException", 400),
    refusal("SignatureDoesNotMatch", 403),
    refusal("ResourceNotFoundException", 400),
    refusal("QueueDoesNotExist", 400),
    refusal("KmsThrottled", 400),
    refusal("KMSDisabledException", 400),
    refusal("SlowDown", 503),
    refusal("TimeoutError"),
    Object.assign(new Error("connect"), { code: "ECONNREFUSED" }),
    Object.assign(new Error("getaddrinfo"), { code: "EAI_AGAIN" }),
    Object.assign(new Error("getaddrinfo"), { code: "ENOTFOUND" }),
    Object.assign(new Error("reset"), { code: "ECONNRESET" }),
    refusal("CredentialsProviderError"),
  ];
  const verdicts = [
    refusal("ConditionalCheckFailedException", 400),
    refusal("ValidationException", 400),
    refusal("ReceiptHandleIsInvalid", 400),
    refusal("MessageNotInflight", 400),
    refusal("InvalidParameterValue", 400),
    refusal("NoSuchKey", 404),
    refusal("AbortError"),
    new TypeError("x is undefined"),
    new SyntaxError("Unexpected end of JSON input"),
    Object.assign(new Error("arg"), { code: "ERR_INVALID_ARG_TYPE" }),
  ];

  it("distinguishes what fails every call from what is wrong with one", () => {
    for (const error of outages) expect(isOutage(error), `${error.name} ${error.message}`).to.equal(true);
    for (const error of verdicts) expect(isOutage(error), error.name).to.equal(false);
    expect(isOutage("a text")).to.equal(false);
  });

  it("knows which of them prove that the service can be reached with these credentials", () => {
    expect(isAnswer(refusal("ServiceUnavailable", 503))).to.equal(true);
    expect(isAnswer(refusal("ExpiredTokenException", 400))).to.equal(false);
    expect(isAnswer(refusal("TimeoutError"))).to.equal(false);
  });
});

describe("gateClient", () => {
  const options = { region, credentials, endpoint: "http://127.0.0.1:1" };

  it("counts each of the SDK's own tries, and spares it those that the gate refuses", async () => {
    const { clock, gate } = setUp();
    for (const [client, send] of [
      [gateClient(new SQSClient(options), gate), (it: never) => receive(it)],
      [gateClient(new DynamoDBClient(options), gate), (it: never) => read(it)],
    ] as const) {
      let refused: unknown;
      for (let time = 0; time < 3; time++) {
        await send(client as never).catch((error: unknown) => (refused = error));
        await clock.advance(10_000);
      }
      expect(refused).to.be.instanceOf(ServiceAway);
      client.destroy();
    }
  });

  function receive(client: SQSClient): Promise<unknown> {
    return client.send(new ReceiveMessageCommand({ QueueUrl: "http://127.0.0.1:1/queue" }));
  }

  function read(client: DynamoDBClient): Promise<unknown> {
    return client.send(new GetItemCommand({ TableName: "jobs", Key: { id: { S: "a" } } }));
  }
});

describe("Services", () => {
  it("say what is wrong by name, once it lasts, and whether anything answers", async () => {
    const clock = new FakeClock();
    const services = new Services(clock);
    const [sqs, dynamo] = [services.gate("SQS"), services.gate("DynamoDB")];
    const since = new Date(clock.now()).toISOString();
    await sqs.run(broken).catch(() => undefined);
    expect(services.trouble()).to.equal(undefined);
    await clock.advance(60_000);
    expect(services.trouble()).to.equal(
      `SQS has answered no call since ${since} (InternalServerError: InternalServerError it is)`,
    );
    expect(services.hasAnsweredSince(clock.now())).to.equal(false);
    await dynamo.run(() => Promise.resolve());
    expect(services.hasAnsweredSince(clock.now())).to.equal(true);
    await sqs.run(() => Promise.resolve());
    expect(services.trouble()).to.equal(undefined);
  });
});
