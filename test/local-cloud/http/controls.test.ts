import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { workerGroup, workerTemplate } from "../programs";
import { controlHeaders, startTestCloud, type TestCloud, until } from "../support";
import { createIdleWorker } from "../workers";

describe("local controls", () => {
  const worker = createIdleWorker();
  let test: TestCloud;
  let url: string;
  let group: string;
  let queueArn: string;
  before(async () => {
    test = await startTestCloud({ workerMain: worker.workerMain, stopGraceSeconds: 0.3 });
    const outputs = await test.up(() => {
      const template = workerTemplate("template", { WORKER_TYPE: "word-count" }, { instanceType: "t4g.small" });
      const made = workerGroup("group", template, { minSize: 0, maxSize: 2, desiredCapacity: 1 });
      const queue = new aws.sqs.Queue("work", { name: "work" });
      return {
        queue: queue.arn,
        group: made.name,
        url: new aws.apigatewayv2.Api("api", { protocolType: "HTTP" }).apiEndpoint,
      };
    });
    url = `${String(outputs.url)}/_local`;
    group = String(outputs.group);
    queueArn = String(outputs.queue);
  });
  after(async () => {
    await test.stop();
    worker.remove();
  });

  const call = async (method: string, path: string, body?: unknown, more: Record<string, string> = {}) => {
    const headers = { "content-type": "application/json", ...controlHeaders(test.cloud), ...more };
    const response = await fetch(url + path, { method, headers, body: JSON.stringify(body) });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const instances = async () => (await call("GET", "/instances")).body.instances as Record<string, unknown>[];

  it("answer only callers with the token, and act on JSON only", async () => {
    const { token } = test.cloud;
    const wrong = ["", "Bearer", "Bearer ", `Bearer ${token}x`, `Bearer ${token.slice(1)}`, `Basic ${token}`, token];
    const controls: [string, string][] = [
      ["GET", "/instances"],
      ["GET", "/logs?job=1"],
      ["GET", "/faults"],
      ["GET", "/queues"],
      ["POST", "/faults"],
      ["DELETE", "/faults"],
      ["POST", "/hang"],
      ["POST", "/interrupt"],
      ["GET", "/nothing"],
    ];
    for (const [method, path] of controls) {
      const body = method === "POST" ? { kind: "boot-failure" } : undefined;
      for (const authorization of wrong) {
        expect((await call(method, path, body, { authorization })).status, `${method} ${path}`).to.equal(401);
      }
      for (const type of ["text/plain", "application/x-www-form-urlencoded", "text/plain;application/json", ""]) {
        const expected = method === "POST" ? 415 : (await call(method, path)).status;
        expect((await call(method, path, body, { "content-type": type })).status, path).to.equal(expected);
      }
    }
    expect(test.cloud.groups.faults.strike(group, false)).to.equal(undefined);
  });

  it("list the instances", async () => {
    const found = test.cloud.groups.find(group)!;
    await until(() => found.instances[0]!.lifecycleState === "InService");
    const [instance] = await instances();
    expect(instance).to.deep.include({
      ...{ instanceId: found.instances[0]!.id, group, type: "word-count", instanceType: "t4g.small", isSpot: false },
      ...{ lifecycleState: "InService", health: "Healthy", templateVersion: 1, pid: found.instances[0]!.pid },
    });
    expect(Date.parse(String(instance!.launchedAt))).to.be.closeTo(Date.now(), 60_000);
  });

  it("show the queues, with the beginnings of their oldest messages", async () => {
    const queue = (await call("GET", "/queues")).body.queues as { name: string; messages: unknown[] }[];
    expect(queue).to.deep.equal([{ name: "work", ready: 0, delayed: 0, inFlight: 0, messages: [] }]);
    for (let sent = 0; sent < 12; sent++) test.cloud.messaging.send(queueArn, `${sent}`.repeat(3_000), {});
    const [{ messages, ...counts }] = (await call("GET", "/queues")).body.queues as [
      { messages: { body: string; receives: number; sentAt: string }[] },
    ];
    expect(counts).to.deep.equal({ name: "work", ready: 12, delayed: 0, inFlight: 0 });
    expect(messages).to.have.length(10);
    expect(messages[0]).to.include({ body: "0".repeat(2_000), receives: 0 });
    expect(Date.parse(messages[0]!.sentAt)).to.be.closeTo(Date.now(), 60_000);
  });

  it("let launches fail until told otherwise", async () => {
    expect((await call("POST", "/faults", { kind: "invalid-image", group })).status).to.equal(202);
    expect((await call("POST", "/faults", { kind: "boot-failure", group, times: 3 })).status).to.equal(202);
    expect((await call("GET", "/faults")).body.faults).to.deep.equal([
      { kind: "invalid-image", group },
      { kind: "boot-failure", group, times: 3 },
    ]);
    const found = test.cloud.groups.find(group)!;
    found.setDesiredCapacity(2);
    expect(found.activities.list()[0]!.status).to.equal("Failed");
    expect((await call("DELETE", "/faults")).status).to.equal(200);
    await until(() => found.instances.length === 2);
    for (const wrong of [{}, { kind: "flood" }, { kind: "boot-failure", times: 0 }]) {
      expect((await call("POST", "/faults", wrong)).status).to.equal(400);
    }
    expect((await call("POST", "/faults", { kind: "boot-failure", group: "nowhere" })).status).to.equal(404);
  });

  it("let a worker hang, and interrupt an instance", async () => {
    const [first, second] = await instances();
    expect((await call("POST", "/hang", { instanceId: first!.instanceId })).status).to.equal(202);
    const interrupt = { instanceId: second!.instanceId, kind: "rebalance" };
    expect((await call("POST", "/interrupt", interrupt)).status).to.equal(202);
    expect(test.cloud.groups.findInstance(String(second!.instanceId))!.instance.rebalanceAt).to.be.a("number");
    expect((await call("POST", "/interrupt", { ...interrupt, kind: "flood" })).status).to.equal(400);
    for (const path of ["/hang", "/interrupt"]) {
      expect((await call("POST", path, {})).status).to.equal(400);
      expect((await call("POST", path, { instanceId: "i-0" })).status).to.equal(404);
    }
  });
});
