import { stripVTControlCharacters } from "node:util";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { Fleet } from "../../../cli/local/fleet";
import { renderFleet } from "../../../cli/local/fleetView";
import { render } from "../../../cli/output/styled";
import { workerGroup, workerTemplate } from "../programs";
import { receive, startTestCloud, type TestCloud, until } from "../support";
import { createIdleWorker } from "../workers";

describe("the fleet's picture", () => {
  const worker = createIdleWorker();
  const fleet = new Fleet();
  let test: TestCloud;
  before(async () => {
    test = await startTestCloud({ workerMain: worker.workerMain, stopGraceSeconds: 0.3 });
  });
  after(async () => {
    await test.stop();
    worker.remove();
  });

  const say = (name: string, event: string, jobId?: string) =>
    fleet.note({ source: "worker", name, stream: "stdout", line: JSON.stringify({ event, jobId, type: "a" }) });

  it("counts each type's messages, instances and jobs at work", async () => {
    const {
      a,
      b,
      group: name,
    } = await test.up(() => {
      const group = workerGroup("group", workerTemplate("t", { WORKER_TYPE: "a" }), { minSize: 0, maxSize: 3 });
      return { a: new aws.sqs.Queue("a").url, b: new aws.sqs.Queue("b").url, group: group.name };
    });
    const urls = { a: String(a), b: String(b) };
    const apis = [{ region: test.cloud.region, queues: urls }];
    const group = test.cloud.groups.find(String(name))!;
    const idle = { visible: 0, inFlight: 0, desired: 0, inService: 0, pending: 0, terminating: 0, busy: 0 };
    expect(fleet.look(test.cloud, apis)).to.deep.equal([{ type: "a", ...idle }, { type: "b", ...idle }]); // prettier-ignore
    for (const MessageBody of ["1", "2", "3"]) {
      await test.sqs.send(new SendMessageCommand({ QueueUrl: urls.a, MessageBody }));
    }
    await receive(test.sqs, urls.a);
    group.setDesiredCapacity(2);
    const [first] = group.instances;
    expect(fleet.look(test.cloud, apis)[0]).to.include({ visible: 2, inFlight: 1, desired: 2, pending: 2 });
    await until(() => group.instances.every(({ lifecycleState }) => lifecycleState === "InService"));
    say(first!.id, "job-started", "one");
    say(first!.id, "job-started", "two");
    say(first!.id, "job-succeeded", "one");
    expect(fleet.look(test.cloud, apis)[0]).to.include({ inService: 2, pending: 0, busy: 1 });
    group.setDesiredCapacity(0);
    await until(() => group.instances.length === 0);
    expect(fleet.look(test.cloud, apis)[0]).to.include({ desired: 0, inService: 0, busy: 0 });
    const texts = fleet.events.map(({ text }) => text);
    expect(texts).to.include.members([
      ...[`a ${first!.id} is Pending`, `a ${first!.id} is InService`, `${first!.id} is gone`],
      ...[`a ${first!.id} job-started one`, `a ${first!.id} job-succeeded one`],
    ]);
  });

  it("shows errors of the cloud, no other lines, and only the latest", () => {
    const before = fleet.events.length;
    fleet.note({ source: "worker", name: "i-1", stream: "stdout", line: "not JSON" });
    fleet.note({ source: "function", name: "router", stream: "stdout", line: '{"event":"job-started"}' });
    say("i-1", "worker-metrics");
    expect(fleet.events).to.have.length(before);
    for (let index = 0; index < 150; index++) {
      fleet.note({ source: "cloud", name: "group", stream: "stderr", line: `trouble ${index}` });
    }
    expect(fleet.events).to.have.length(100);
    expect(fleet.events.at(-1)!.text).to.equal("group: trouble 149");
  });

  it("fits the terminal, and prints no control sequence of a text", () => {
    const row = { type: "a", visible: 12, inFlight: 3, desired: 2, inService: 1, pending: 1, terminating: 0, busy: 3 };
    const events = Array.from({ length: 50 }, (_, index) => ({
      at: new Date(),
      text: `event ${index} \u001b[2J ${"x".repeat(200)}`,
    }));
    const text = stripVTControlCharacters(render(renderFleet([row], events, { columns: 80, rows: 24 }), true));
    const lines = text.split("\n");
    expect(lines.length).to.be.lessThan(24);
    expect(Math.max(...lines.map(({ length }) => length))).to.be.at.most(80);
    expect(lines.find((line) => line.startsWith("a "))).to.match(/12 .* 3 .* 2 .* 1 .* 1 .* 0 .* 3$/);
    expect(lines.at(-1)).to.contain("event 49 \ufffd[2J");
  });
});
