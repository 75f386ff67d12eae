import { PublishCommand } from "@aws-sdk/client-sns";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { SNSEvent } from "aws-lambda";
import { expect } from "chai";
import { codeFunction, letInvoke, letSend, roleThatMay } from "../programs";
import { isRunning, receive, rejection, startTestCloud, type TestCloud, until } from "../support";

describe("local functions", () => {
  let test: TestCloud;
  before(async () => {
    test = await startTestCloud();
  });
  after(() => test.stop());

  async function invoke(
    name: unknown,
    event: unknown,
  ): Promise<{ requestId: string; payload: unknown; functionError?: string }> {
    const result = await test.cloud.lambdas.invoke(String(name), JSON.stringify(event));
    return { ...result, payload: JSON.parse(result.payload) as unknown };
  }

  it("runs a serialised closure from a topic, with the SDK and an environment of its own", async () => {
    const { topic, url } = await test.up(() => {
      const queue = new aws.sqs.Queue("out");
      const factory = () => {
        const client = new SQSClient({});
        return async (event: SNSEvent) => {
          for (const { Sns } of event.Records) {
            const MessageBody = `${Sns.Message} ${Sns.MessageAttributes.type!.Value} ${process.env.AWS_LAMBDA_FUNCTION_NAME}`;
            await client.send(new SendMessageCommand({ QueueUrl: process.env.QUEUE_URL, MessageBody }));
          }
        };
      };
      const text = pulumi.runtime
        .serializeFunction(factory, { exportName: "handler", isFactoryFunction: true })
        .then((serialised) => new pulumi.asset.StringAsset(serialised.text));
      const relay = codeFunction("relay", "", {
        name: "relay",
        role: roleThatMay("relay", ["sqs:SendMessage"], queue.arn),
        code: new pulumi.asset.AssetArchive({ "__index.js": text }),
        environment: { variables: { QUEUE_URL: queue.url } },
      });
      const topic = new aws.sns.Topic("in");
      letInvoke("in-relay", relay, "sns", topic.arn);
      new aws.sns.TopicSubscription("sub", { topic: topic.arn, protocol: "lambda", endpoint: relay.arn });
      return { topic: topic.arn, url: queue.url };
    });
    const MessageAttributes = { type: { DataType: "String", StringValue: "note" } };
    await test.sns.send(new PublishCommand({ TopicArn: String(topic), Message: "hi", MessageAttributes }));
    expect((await receive(test.sqs, String(url))).Body).to.equal("hi note relay");
  });

  it("tries an event three times, and hands it to the failure destination with AWS's record", async () => {
    const flaky = `let n = 0; exports.handler = async (event) => {
      n++; if (n < 3 || event.bad) throw new TypeError("no " + n); console.log("done at " + n); };`;
    const { name, failures } = await test.up(() => {
      const failures = new aws.sqs.Queue("failures");
      const fn = codeFunction("flaky", flaky, { role: roleThatMay("flaky", ["sqs:SendMessage"], failures.arn) });
      new aws.lambda.FunctionEventInvokeConfig("config", {
        functionName: fn.name,
        destinationConfig: { onFailure: { destination: failures.arn } },
      });
      return { name: fn.name, failures: failures.url };
    });
    test.cloud.lambdas.invokeAsync(String(name), "{}");
    await until(() => test.logs.some(({ line }) => line.endsWith("\tINFO\tdone at 3")));
    test.cloud.lambdas.invokeAsync(String(name), JSON.stringify({ bad: true }));
    const record = JSON.parse((await receive(test.sqs, String(failures))).Body!) as Record<string, object>;
    expect(record).to.include({ version: "1.0" });
    expect(record.requestPayload).to.deep.equal({ bad: true });
    expect(record.requestContext).to.include({ condition: "RetriesExhausted", approximateInvokeCount: 3 });
    expect(record.responseContext).to.include({ functionError: "Unhandled", executedVersion: "$LATEST" });
    expect(record.responsePayload).to.include({ errorType: "TypeError" });
    // Of the first environment, or of a second one if the first was still at work.
    expect((record.responsePayload as { errorMessage: string }).errorMessage).to.match(/^no [36]$/);
  });

  it("handles the events of an alias as that is configured, and others as the function is", async () => {
    const failing = `exports.handler = async (event) => { console.log("try of " + event.of); throw new Error("no"); };`;
    const { name } = await test.up(() => {
      const fn = codeFunction("failing", failing);
      const alias = new aws.lambda.Alias("alias", {
        functionName: fn.name,
        functionVersion: "$LATEST",
        name: "minute",
      });
      new aws.lambda.FunctionEventInvokeConfig("once", {
        functionName: fn.name,
        qualifier: alias.name,
        maximumRetryAttempts: 0,
      });
      return { name: fn.name };
    });
    const tries = (of: string) => test.logs.filter(({ line }) => line.endsWith(`try of ${of}`)).length;
    test.cloud.lambdas.invokeAsync(`${String(name)}:minute`, JSON.stringify({ of: "alias" }));
    test.cloud.lambdas.invokeAsync(String(name), JSON.stringify({ of: "function" }));
    await until(() => test.logs.filter(({ line }) => line.endsWith("times, and its event is lost")).length === 2);
    expect([tries("alias"), tries("function")]).to.deep.equal([1, 3]);
  });

  it("puts what can't be delivered to a function into the subscription's dead-letter queue", async () => {
    const { topic, dead, name } = await test.up(() => {
      const dead = new aws.sqs.Queue("undelivered");
      const topic = new aws.sns.Topic("to-function");
      const fn = codeFunction("target", "exports.handler = async () => console.log('reached');");
      letInvoke("topic-target", fn, "sns", topic.arn);
      letSend("topic-undelivered", dead, topic);
      const redrivePolicy = pulumi.jsonStringify({ deadLetterTargetArn: dead.arn });
      new aws.sns.TopicSubscription("redriven", {
        topic: topic.arn,
        protocol: "lambda",
        endpoint: fn.arn,
        redrivePolicy,
      });
      return { topic: topic.arn, dead: dead.url, name: fn.name };
    });
    const publish = () => test.sns.send(new PublishCommand({ TopicArn: String(topic), Message: "lost?" }));
    test.cloud.faults.add({ service: "lambda", action: "Invoke", times: 2, status: 503 });
    await publish();
    await until(() => test.logs.some(({ line }) => line.endsWith("\tINFO\treached")));
    await test.cloud.lambdas.delete(String(name));
    await publish();
    const message = await receive(test.sqs, String(dead));
    expect(JSON.parse(message.Body!)).to.include({ Message: "lost?" });
    expect(message.MessageAttributes!.ErrorCode!.StringValue).to.equal("ResourceNotFoundException");
  });

  it("kills what outlasts its timeout, survives crashes, and reports both as Lambda does", async () => {
    const code = `exports.handler = async (event) => {
      if (event.hang) for (;;);
      if (event.exit) process.exit(7);
      return { pid: process.pid, home: process.env.HOME };
    };`;
    const { name } = await test.up(() => ({ name: codeFunction("fragile", code, { timeout: 1 }).name }));
    const first = (await invoke(name, {})).payload as { pid: number; home: string };
    expect(first.home).not.to.equal(process.env.HOME);
    expect(((await invoke(name, {})).payload as { pid: number }).pid).to.equal(first.pid);
    const late = await invoke(name, { hang: true });
    expect(late).to.deep.include({ functionError: "Unhandled" });
    expect(late.payload).to.include({ errorType: "Sandbox.Timedout" });
    await until(() => !isRunning(first.pid));
    const crashed = await invoke(name, { exit: true });
    expect(crashed.payload).to.have.property("errorMessage").that.contains("exit status 7");
    expect((await invoke(name, {})).functionError).to.equal(undefined);
  });

  it("reports a module that doesn't load, a missing handler, and a callback's error", async () => {
    const names = await test.up(() => ({
      broken: codeFunction("broken", "throw new RangeError('at start');").name,
      missing: codeFunction("missing", "exports.other = 1;").name,
      callback: codeFunction("callback", "exports.handler = (e, c, done) => done(new Error('called back'));").name,
    }));
    expect((await invoke(names.broken, {})).payload).to.include({ errorType: "RangeError", errorMessage: "at start" });
    expect((await invoke(names.missing, {})).payload).to.include({ errorType: "Runtime.HandlerNotFound" });
    expect((await invoke(names.callback, {})).payload).to.include({ errorMessage: "called back" });
  });

  it("logs what a function prints as Lambda does: with a prefix, as JSON, or as it is", async () => {
    const code = `console.warn("at start");
      exports.handler = () => { console.log("%d lines", 7); process.stdout.write("raw\\n"); };`;
    const { text, json } = await test.up(() => ({
      text: codeFunction("text", code).name,
      json: codeFunction("json", code, { loggingConfig: { logFormat: "JSON" } }).name,
    }));
    const linesOf = async (name: unknown) => {
      const { requestId } = await invoke(name, {});
      const lines = () => test.logs.filter((entry) => entry.name === name);
      await until(() => lines().length === 3);
      const shown = ({ line }: { line: string }) =>
        line.replace(requestId, "ID").replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, "NOW");
      return lines().map(shown);
    };
    expect(await linesOf(text)).to.have.members(["NOW\t\tWARN\tat start", "NOW\tID\tINFO\t7 lines", "raw"]);
    expect(await linesOf(json)).to.have.members([
      '{"timestamp":"NOW","level":"INFO","requestId":"ID","message":"7 lines"}',
      '{"timestamp":"NOW","level":"WARN","message":"at start"}',
      "raw",
    ]);
  });

  it("runs calls at once up to four processes, and throttles at the reserved concurrency", async () => {
    const code = `exports.handler = (e) => new Promise((resolve) => setTimeout(() => resolve(process.pid), 150));`;
    const names = await test.up(() => ({
      free: codeFunction("free", code).name,
      reserved: codeFunction("reserved", code, { reservedConcurrentExecutions: 1 }).name,
    }));
    const pids = await Promise.all(Array.from({ length: 6 }, async () => (await invoke(names.free, {})).payload));
    expect(new Set(pids).size).to.equal(4);
    const both = await Promise.allSettled([invoke(names.reserved, {}), invoke(names.reserved, {})]);
    expect(both.map(({ status }) => status)).to.have.members(["fulfilled", "rejected"]);
    expect((await rejection(test.cloud.lambdas.invoke("nowhere", "{}"))).message).to.contain("nowhere");
  });
});
