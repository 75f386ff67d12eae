import { expect } from "chai";
import { EngineResources } from "../../../local-cloud/engine/engineResources";
import { unknown, type WireProperties } from "../../../local-cloud/engine/wire";
import { noStandIns } from "../../../local-cloud/pulumi/standIns";
import { startTestCloud, type TestCloud } from "../support";

describe("what the engine asks of resources", () => {
  const queue = { type: "aws:sqs/queue:Queue", name: "queue" };
  let test: TestCloud;
  let resources: EngineResources;
  beforeEach(async () => {
    test = await startTestCloud();
    resources = new EngineResources(test.cloud);
  });
  afterEach(() => test.stop());

  const check = (news: WireProperties, olds: WireProperties = {}, seed = 1) =>
    resources.check(queue, olds, news, new Uint8Array([seed]));

  it("are named once, as the AWS provider names them, unless the program does", async () => {
    const first = await check({});
    expect(first.name).to.match(/^queue-[0-9a-f]{7}$/);
    expect((await check({ delaySeconds: 1 }, first, 2)).name).to.equal(first.name);
    expect((await check({}, {}, 2)).name).not.to.equal(first.name);
    expect((await check({ fifoQueue: true })).name).to.match(/\.fifo$/);
    resources.hasSteadyNames = true;
    expect((await check({}, {}, 2)).name).to.equal((await check({}, {}, 3)).name);
    expect(await check({ name: "own" })).to.deep.equal({ name: "own" });
    expect(await check({ namePrefix: "own-" })).to.deep.equal({ namePrefix: "own-" });
  });

  it("of one prefix have names of their own, in two stacks or as a replacement, unless names are to be steady", async () => {
    const nameOf = async () => (await resources.create(queue, { namePrefix: "own-" })).state.name;
    const names = [await nameOf(), await nameOf()];
    expect(names[0]).to.match(/^own-[0-9a-f]{7}$/);
    expect(names[1]).to.match(/^own-/).and.not.to.equal(names[0]);
    resources.hasSteadyNames = true;
    expect(await nameOf()).to.equal(await nameOf());
  });

  it("change in place, or by a new one, as the type has it", async () => {
    const [olds, given] = [await check({}), { name: "own", fifoQueue: false }];
    const diff = (before: WireProperties, after: WireProperties) => resources.diff(queue, before, after);
    expect(diff(olds, olds)).to.deep.equal({ changed: [], replacing: [], deletesBeforeReplace: false });
    expect(diff(olds, { ...olds, delaySeconds: 5 })).to.deep.include({ changed: ["delaySeconds"], replacing: [] });
    expect(diff(olds, { ...olds, fifoQueue: true })).to.deep.include({
      replacing: ["fifoQueue"],
      deletesBeforeReplace: false,
    });
    expect(diff(given, { ...given, fifoQueue: true })).to.deep.include({ deletesBeforeReplace: true });
  });

  it("are made, changed, read and deleted in the cloud", async () => {
    const inputs = await check({ delaySeconds: 1 });
    const { id, state } = await resources.create(queue, inputs);
    expect(resources.list()).to.deep.equal([`${queue.type} ${id}`]);
    const changed = await resources.update(queue, id, state, { ...inputs, delaySeconds: 7 });
    expect(changed).to.include({ delaySeconds: 7, arn: state.arn!, url: id });
    test.cloud.messaging.queue(id)!.setAttributes({ DelaySeconds: "9" });
    const read = await resources.read(queue, id, changed, inputs);
    expect([read!.state.delaySeconds, read!.inputs.delaySeconds]).to.deep.equal([9, 9]);
    await resources.delete(queue, id, changed);
    expect(await resources.read(queue, id, changed, inputs)).to.be.undefined;
    await resources.delete(queue, id, changed);
    expect(resources.list()).to.deep.equal([]);
  });

  it("are deleted with what they belong to, and distinguished by it", async () => {
    const [one, other] = await Promise.all(
      ["one", "other"].map(async (name) => {
        const { id } = await resources.create(queue, { name });
        const policy = { type: "aws:sqs/queuePolicy:QueuePolicy", name };
        await resources.create(policy, { queueUrl: id, policy: '{"Statement":[]}' });
        return id;
      }),
    );
    expect(resources.list()).to.have.length(4);
    await resources.delete(queue, one!, {});
    expect(resources.list().every((key) => key.includes(other!))).to.be.true;
    expect(resources.list()).to.have.length(2);
  });

  it("say before a change what it will leave known", () => {
    const template = { type: "aws:ec2/launchTemplate:LaunchTemplate", name: "t" };
    const olds = { id: "lt-1", arn: "arn", latestVersion: 1, userData: "a", dropped: 1 };
    const news = { userData: unknown };
    expect(resources.previewUpdate(template, olds, { userData: "a", dropped: 1 }, news)).to.deep.equal({
      ...{ id: "lt-1", arn: "arn" },
      ...news,
    });
  });

  it("are made of their inputs and of what stands in for them where the cloud doesn't know their type", async () => {
    const stranger = { type: "aws:eks/cluster:Cluster", name: "c" };
    resources.standIns = { ...noStandIns, resources: { c: { endpoint: "https://127.0.0.1" } } };
    const inputs = await resources.check(stranger, {}, { version: "1.33" }, new Uint8Array());
    const { id, state } = await resources.create(stranger, inputs);
    expect(state).to.include({
      version: "1.33",
      endpoint: "https://127.0.0.1",
      platformVersion: "platformVersion.c.not-emulated.invalid",
    });
    expect([...resources.notEmulated]).to.deep.equal(["c (aws:eks/cluster:Cluster)"]);
    const changed = await resources.update(stranger, id, state, { version: "1.34" });
    expect(changed).to.include({ version: "1.34" });
    await resources.delete(stranger, id, changed);
    expect(resources.list()).to.deep.equal([]);
    expect(await resources.find(stranger, "own", {})).to.include({ endpoint: "https://127.0.0.1" });
  });
});
