import * as aws from "@pulumi/aws";
import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { GetQueueAttributesCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { bothHooks, codeFunction, workerGroup, workerTemplate } from "./programs";
import { receive, rejection, startTestCloud, TestCloud, until } from "./support";
import { createIdleWorker } from "./workers";

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

  it("keeps hooks that are resources of their own, and takes dropped ones away", async () => {
    const program = (maxSize: number, hasHook: boolean) => () => {
      const initialLifecycleHooks = bothHooks();
      const group = workerGroup("group", workerTemplate("t"), { minSize: 0, maxSize, initialLifecycleHooks });
      if (hasHook) {
        new aws.autoscaling.LifecycleHook("own", {
          ...{ name: "own", autoscalingGroupName: group.name, heartbeatTimeout: 40 },
          lifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING",
        });
      }
      return { name: group.name };
    };
    const group = test.cloud.groups.find(String((await test.up(program(1, true))).name))!;
    const hooks = () => group.settings.hooks.map(({ name }) => name);
    expect(hooks()).to.deep.equal(["launching", "terminating", "own"]);
    await test.update(program(2, true));
    expect(hooks()).to.deep.equal(["launching", "terminating", "own"]);
    group.setDesiredCapacity(1);
    const [instance] = group.instances;
    await until(() => instance!.lifecycleState === "Pending:Wait");
    group.actionOf(instance!, "own")!.complete("CONTINUE");
    expect(instance!.lifecycleState).to.equal("Pending:Wait");
    group.actionOf(instance!, "launching")!.complete("CONTINUE");
    await until(() => instance!.lifecycleState === "InService");
    await test.update(program(2, false));
    expect(hooks()).to.deep.equal(["launching", "terminating"]);
  });
});
