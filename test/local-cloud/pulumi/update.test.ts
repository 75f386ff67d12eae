import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { GetQueueAttributesCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { bothHooks, codeFunction, trustIn, workerGroup, workerTemplate } from "../programs";
import { receive, rejection, startTestCloud, type TestCloud, until } from "../support";
import { createIdleWorker } from "../workers";

describe("a program in the place of another", () => {
  const worker = createIdleWorker();
  let test: TestCloud;
  beforeEach(async () => {
    test = await startTestCloud({ workerMain: worker.workerMain, stopGraceSeconds: 0.3 });
  });
  afterEach(() => test.stop());
  after(() => worker.remove());

  it("makes a further template version, which only new instances start from", async () => {
    const program = (VALUE: string, args: { minSize: number; maxSize: number }) => () => {
      const template = workerTemplate("template", { VALUE });
      const group = workerGroup("group", template, { ...args, desiredCapacity: 1 });
      return { name: group.name, templateId: template.id, version: template.latestVersion };
    };
    const before = await test.up(program("old", { minSize: 1, maxSize: 2 }));
    const group = test.cloud.groups.find(String(before.name))!;
    await until(() => group.instances[0]!.lifecycleState === "InService");
    const [old] = group.instances;
    const after = await test.update(program("new", { minSize: 0, maxSize: 5 }));
    expect(after).to.deep.equal({ ...before, version: 2 });
    expect(group.instances).to.deep.equal([old]);
    expect(group.settings).to.deep.include({ minSize: 0, maxSize: 5 });
    group.setDesiredCapacity(2);
    expect(group.instances.map(({ template }) => template.version)).to.deep.equal([1, 2]);
    const said = (value: string) => test.logs.filter(({ line }) => line.includes(`"value":"${value}"`)).length;
    await until(() => said("old") === 1 && said("new") === 1);
    await test.update(program("new", { minSize: 3, maxSize: 5 }));
    expect([group.desiredCapacity, group.instances.length]).to.deep.equal([3, 3]);
    expect(test.cloud.groups.templates.find({ id: String(before.templateId) }).version).to.equal(1);
  });

  it("leaves alone what is the same, changes the rest in place, and deletes what is no more", async () => {
    const program = (isSecond: boolean) => () => {
      const queue = new aws.sqs.Queue("kept", { visibilityTimeoutSeconds: isSecond ? 90 : 60 });
      const table = new aws.dynamodb.Table("table", { hashKey: "k", attributes: [{ name: "k", type: "S" }] });
      const item = JSON.stringify({ k: { S: "key" }, v: { N: isSecond ? "2" : "1" } });
      new aws.dynamodb.TableItem("item", { tableName: table.name, hashKey: "k", item });
      const code = `exports.handler = async () => ${isSecond ? 2 : 1};`;
      const names = { kept: queue.url, table: table.name, fn: codeFunction("fn", code).name };
      return isSecond ? names : { ...names, dropped: new aws.sqs.Queue("dropped").url };
    };
    const { dropped, ...before } = await test.up(program(false));
    const QueueUrl = String(before.kept);
    await test.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "waiting" }));
    expect(await test.update(program(true))).to.deep.equal(before);
    expect((await receive(test.sqs, QueueUrl)).Body).to.equal("waiting");
    const { Attributes } = await test.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
    expect(Attributes!.VisibilityTimeout).to.equal("90");
    const Key = { k: { S: "key" } };
    const { Item } = await test.dynamodb.send(new GetItemCommand({ TableName: String(before.table), Key }));
    expect(Item!.v).to.deep.equal({ N: "2" });
    expect((await test.cloud.lambdas.invoke(String(before.fn), "{}")).payload).to.equal("2");
    const gone = new SendMessageCommand({ QueueUrl: String(dropped), MessageBody: "x" });
    expect((await rejection(test.sqs.send(gone))).name).to.equal("QueueDoesNotExist");
  });

  it("makes a new one where AWS would, and else keeps the resource, its name and what hangs on it", async () => {
    const program = (isSecond: boolean) => () => {
      const rate = isSecond ? "rate(2 minutes)" : "rate(1 minute)";
      const rule = new aws.cloudwatch.EventRule("rule", { scheduleExpression: rate, description: String(isSecond) });
      const topic = new aws.sns.Topic("topic", { displayName: isSecond ? "new" : "old" });
      const role = new aws.iam.Role("role", { assumeRolePolicy: trustIn("lambda"), description: String(isSecond) });
      const group = new aws.ec2.SecurityGroup("group", { description: isSecond ? "new" : "old" });
      const fifo = new aws.sqs.Queue("queue", { fifoQueue: isSecond });
      return { rule: rule.arn, topic: topic.arn, role: role.arn, group: group.id, queue: fifo.url };
    };
    const before = await test.up(program(false));
    const after = await test.update(program(true));
    const kept = Object.keys(before).filter((key) => before[key] === after[key]);
    expect(kept).to.deep.equal(["rule", "topic", "role"]);
    expect(test.cloud.messaging.queue(String(before.queue))).to.be.undefined;
  });

  it("calls a function when its invocation resource is created, changed and deleted, and fails if the function does", async () => {
    const program =
      (input: string | undefined, code = `exports.handler = async (event) => event;`) =>
      () => {
        const fn = codeFunction("fn", code);
        if (input === undefined) return {};
        const args = { functionName: fn.name, input: JSON.stringify({ input }), lifecycleScope: "CRUD" };
        return { result: new aws.lambda.Invocation("call", args).result };
      };
    const resultOf = (outputs: Record<string, unknown>) => JSON.parse(String(outputs.result)) as unknown;
    const created = { input: "a", tf: { action: "create", prev_input: null } };
    expect(resultOf(await test.up(program("a")))).to.deep.equal(created);
    const changed = { input: "b", tf: { action: "update", prev_input: { input: "a" } } };
    expect(resultOf(await test.update(program("b")))).to.deep.equal(changed);
    const refusing = `exports.handler = async ({ tf }) => { throw new Error("not " + tf.action); };`;
    expect((await rejection(test.update(program(undefined, refusing)))).message).to.include("not delete");
  });

  it("deletes each resource once what depends on it is gone, and others at the same time", async () => {
    const folder = mkdtempSync(join(tmpdir(), "deletions "));
    const code = `const { existsSync, writeFileSync } = require("node:fs");
exports.handler = async ({ own, other, tf }) => {
  if (tf.action !== "delete") return;
  writeFileSync(own, "");
  while (!existsSync(other)) await new Promise((resolve) => setTimeout(resolve, 10));
};`;
    const program = (isThere: boolean) => () => {
      if (!isThere) return {};
      const fn = codeFunction("fn", code);
      const call = (name: string, other: string, opts?: pulumi.CustomResourceOptions) => {
        const input = JSON.stringify({ own: join(folder, name), other: join(folder, other) });
        return new aws.lambda.Invocation(name, { functionName: fn.name, input, lifecycleScope: "CRUD" }, opts);
      };
      const one = call("one", "two");
      call("two", "three");
      call("three", "two", { dependsOn: one });
      return {};
    };
    // "one" waits for "two", which goes at the same time, and "two" for "three", which goes before "one".
    await test.up(program(true));
    await test.update(program(false));
    expect(readdirSync(folder)).to.have.members(["one", "two", "three"]);
    expect(test.cloud.lambdas.list()).to.deep.equal([]);
    rmSync(folder, { recursive: true });
  });

  it("keeps hooks that are resources of their own, which stand for those of the same name", async () => {
    const program = (heartbeatTimeout: number, maxSize: number, hasOwn: boolean) => () => {
      const initialLifecycleHooks = bothHooks();
      const group = workerGroup("group", workerTemplate("t"), { minSize: 0, maxSize, initialLifecycleHooks });
      const hook = (name: string) =>
        new aws.autoscaling.LifecycleHook(name, {
          ...{ name, autoscalingGroupName: group.name, heartbeatTimeout },
          lifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING",
        });
      hook("launching");
      if (hasOwn) hook("own");
      return { name: group.name };
    };
    const group = test.cloud.groups.find(String((await test.up(program(40, 1, true))).name))!;
    const hooks = () => Object.fromEntries(group.settings.hooks.map((hook) => [hook.name, hook.heartbeatSeconds]));
    expect(group.settings.hooks).to.have.length(3);
    expect(hooks()).to.deep.equal({ launching: 40, terminating: 30, own: 40 });
    await test.update(program(50, 2, true));
    expect([hooks(), group.settings.maxSize]).to.deep.equal([{ launching: 50, terminating: 30, own: 50 }, 2]);
    group.setDesiredCapacity(1);
    const [instance] = group.instances;
    await until(() => instance!.lifecycleState === "Pending:Wait");
    group.actionOf(instance!, "own")!.complete("CONTINUE");
    expect(instance!.lifecycleState).to.equal("Pending:Wait");
    group.actionOf(instance!, "launching")!.complete("CONTINUE");
    await until(() => instance!.lifecycleState === "InService");
    await test.update(program(50, 2, false));
    expect(hooks()).to.deep.equal({ launching: 50, terminating: 30 });
  });

  it("leaves a minimum alone that a schedule has moved, unless it is changed itself", async () => {
    const program = (minSize: number, maxSize: number) => () => ({
      name: workerGroup("group", workerTemplate("t"), { minSize, maxSize }).name,
    });
    const group = test.cloud.groups.find(String((await test.up(program(0, 3))).name))!;
    group.update({ minSize: 2 }, { by: "scheduled action" });
    await test.update(program(0, 4));
    expect(group.settings).to.include({ minSize: 2, maxSize: 4 });
    await test.update(program(1, 4));
    expect(group.settings).to.include({ minSize: 1, maxSize: 4 });
  });

  it("changes a hook that the group was created with, by a resource of its name", async () => {
    const program = (heartbeatTimeout: number) => () => {
      const initialLifecycleHooks = bothHooks(30);
      const group = workerGroup("group", workerTemplate("t"), { minSize: 0, maxSize: 1, initialLifecycleHooks });
      for (const hook of bothHooks(heartbeatTimeout)) {
        const autoscalingGroupName = group.name;
        new aws.autoscaling.LifecycleHook(`own-${hook.name as string}`, { ...hook, autoscalingGroupName });
      }
      return { name: group.name };
    };
    const group = test.cloud.groups.find(String((await test.up(program(30))).name))!;
    const hooks = () => group.settings.hooks.map(({ name, heartbeatSeconds }) => [name, heartbeatSeconds]);
    expect(hooks()).to.have.deep.members([
      ["launching", 30],
      ["terminating", 30],
    ]);
    await test.update(program(50));
    expect(hooks()).to.have.deep.members([
      ["launching", 50],
      ["terminating", 50],
    ]);
  });
});
