import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { remedyOf } from "../../../functions/scaler/rules/remedyOf";
import type { Group } from "../../../local-cloud/autoScaling/group";
import { LifecycleAction, type LifecycleOutcome } from "../../../local-cloud/autoScaling/lifecycleAction";
import { bothHooks, workerGroup, workerTemplate } from "../programs";
import { isRunning, startTestCloud, type TestCloud, until } from "../support";
import { createIdleWorker } from "../workers";

describe("local launches", () => {
  const worker = createIdleWorker();
  let test: TestCloud;
  const start = async (launchHookSeconds: number) => {
    test = await startTestCloud({ workerMain: worker.workerMain, stopGraceSeconds: 0.3, launchHookSeconds });
  };
  beforeEach(() => start(0.2));
  afterEach(() => test.stop());
  after(() => worker.remove());

  async function up(program: () => aws.autoscaling.Group): Promise<Group> {
    const { name } = await test.up(() => ({ name: program().name }));
    return test.cloud.groups.find(String(name))!;
  }
  const simple = (args: Partial<aws.autoscaling.GroupArgs> = {}, variables?: Record<string, string>) =>
    up(() => workerGroup("group", workerTemplate("template", variables), { minSize: 0, maxSize: 9, ...args }));
  const mixed = (onDemandBaseCapacity = 0) =>
    up(() => {
      const template = workerTemplate("template");
      return new aws.autoscaling.Group("group", {
        ...{ minSize: 0, maxSize: 9 },
        mixedInstancesPolicy: {
          launchTemplate: {
            launchTemplateSpecification: { launchTemplateId: template.id, version: "$Latest" },
            overrides: [{ instanceType: "c7g.large" }, { instanceType: "c6g.large" }],
          },
          instancesDistribution: { onDemandBaseCapacity, onDemandPercentageAboveBaseCapacity: 0 },
        },
      });
    });
  const statuses = (group: Group) => group.activities.list().map(({ status }) => status);
  const inService = (group: Group) => group.instances.filter(({ lifecycleState }) => lifecycleState === "InService");

  it("fill the on-demand base first, then spot, spread over the zones", async () => {
    const group = await mixed(1);
    group.setDesiredCapacity(3);
    expect(group.instances.map(({ placement }) => placement.isSpot)).to.deep.equal([false, true, true]);
    expect(group.instances[1]!.placement.instanceType).to.equal("c7g.large");
    const spread = await up(() =>
      workerGroup("spread", workerTemplate("two"), {
        ...{ minSize: 0, maxSize: 9, desiredCapacity: 3, vpcZoneIdentifiers: ["subnet-1", "subnet-2"] },
      }),
    );
    const zones = spread.instances.map(({ placement }) => placement.zone);
    expect(zones.sort()).to.deep.equal(["us-east-1a", "us-east-1a", "us-east-1b"]);
  });

  it("fail while spot is short, again and again, and succeed once it isn't", async () => {
    const group = await mixed();
    const remove = test.cloud.groups.faults.add({ kind: "spot-shortage" });
    group.setDesiredCapacity(2);
    await until(() => statuses(group).length >= 3);
    expect(statuses(group).every((status) => status === "Failed")).to.equal(true);
    expect(group.activities.list()[0]!.statusMessage).to.match(
      /^Could not launch Spot Instances\. InsufficientInstanceCapacity - There is no Spot capacity/,
    );
    expect([group.desiredCapacity, group.instances.length]).to.deep.equal([2, 0]);
    remove();
    await until(() => inService(group).length === 2);
  });

  it("leave on-demand groups alone while spot is short", async () => {
    const group = await simple();
    test.cloud.groups.faults.add({ kind: "spot-shortage" });
    group.setDesiredCapacity(1);
    await until(() => inService(group).length === 1);
  });

  it("fail for a machine image that is gone, only as often as asked and only in that group", async () => {
    const group = await simple();
    const other = await up(() => workerGroup("other", workerTemplate("t"), { minSize: 0, maxSize: 1 }));
    test.cloud.groups.faults.add({ kind: "invalid-image", group: group.name, times: 1 });
    other.setDesiredCapacity(1);
    group.setDesiredCapacity(1);
    expect([statuses(group), other.instances.length]).to.deep.equal([["Failed"], 1]);
    expect(group.activities.list()[0]!.description).to.match(
      /^Launching a new EC2 instance\. {2}Status Reason: The image id '\[ami-\w+\]' does not exist\. Launching EC2/,
    );
    await until(() => inService(group).length === 1);
  });

  it("fail by the account's plan and quota, in AWS's words, for which the scaler has a remedy", async () => {
    const group = await simple();
    for (const kind of ["free-plan", "vcpu-quota"] as const) {
      test.cloud.groups.faults.add({ kind, times: 1 });
    }
    group.setDesiredCapacity(1);
    await until(() => inService(group).length === 1);
    const failed = group.activities.list().filter(({ status }) => status === "Failed");
    expect(failed.map(({ statusMessage }) => remedyOf(statusMessage ?? "")).sort()).to.satisfy(
      ([plan, quota]: string[]) => /L-1216C47A/.test(plan!) && /free plan/.test(quota!),
    );
  });

  it("are cancelled where EC2 ends the instance at once, and where the worker ends before it is ready", async () => {
    // A hook that times out before the worker has ended would be the reason given.
    await test.stop();
    await start(60);
    const group = await simple({ initialLifecycleHooks: bothHooks().slice(0, 1) }, { VALUE: "crash" });
    test.cloud.groups.faults.add({ kind: "client-error", times: 1 });
    group.setDesiredCapacity(1);
    await until(() => statuses(group).filter((status) => status === "Cancelled").length >= 2);
    const [first, second] = [...group.activities.list()].reverse();
    expect(first!.statusMessage).to.contain("Termination Reason: Client.InternalError: Client error on launch");
    expect(second!.statusMessage).to.contain("Instance became unhealthy while waiting for instance to be in InService");
  });

  it("are abandoned and tried again where the worker never comes up", async () => {
    const group = await simple({ initialLifecycleHooks: bothHooks().slice(0, 1) });
    test.cloud.groups.faults.add({ kind: "boot-failure", times: 1 });
    group.setDesiredCapacity(1);
    const [dead] = group.instances;
    await until(() => dead!.lifecycleState === "Pending:Wait");
    expect(dead!.pid).to.equal(undefined);
    await until(() => dead!.lifecycleState === "Terminated");
    const [, cancelled] = group.activities.list();
    expect(cancelled!.status).to.equal("Cancelled");
    expect(cancelled!.statusMessage).to.match(/^Instance failed to complete .* was abandoned: Heartbeat Timeout$/);
    const [next] = group.instances;
    expect(next!.pid).to.be.a("number");
    group.actionOf(next!, "launching")!.complete("CONTINUE");
    await until(() => next!.lifecycleState === "InService");
  });

  it("end also where the worker hangs", async () => {
    const group = await simple();
    group.setDesiredCapacity(1);
    await until(() => inService(group).length === 1);
    const [hung] = group.instances;
    hung!.hang();
    const { pid } = hung!;
    group.setHealth(hung!, false);
    await until(() => hung!.lifecycleState === "Terminated");
    expect(isRunning(pid!)).to.equal(false);
    await until(() => inService(group).length === 1);
  });

  it("keep a bounded history", async () => {
    const group = await simple();
    for (let index = 0; index < 600; index++) {
      group.activities.begin({ description: `${index}`, cause: "", details: "", status: "InProgress" });
    }
    expect(group.activities.list()).to.have.length(500);
    expect(group.activities.list()[0]!.description).to.equal("599");
  });
});

describe("a lifecycle action", () => {
  const hook = { name: "hook", transition: "launching" as const, isAbandonedByDefault: true };
  const ended = (heartbeatSeconds: number) => {
    const started = Date.now();
    let outcome: (LifecycleOutcome & { after: number }) | undefined;
    const action = new LifecycleAction({ ...hook, heartbeatSeconds }, (end) => {
      outcome = { ...end, after: Date.now() - started };
    });
    return { action, outcome: () => outcome };
  };

  it("restarts its timeout with each heartbeat", async () => {
    const { action, outcome } = ended(0.2);
    const timer = setInterval(() => action.heartbeat(), 50);
    await until(() => outcome() === undefined && Date.now());
    setTimeout(() => clearInterval(timer), 400);
    await until(outcome);
    expect(outcome()).to.deep.include({ isAbandoned: true, isTimeout: true });
    expect(outcome()!.after).to.be.greaterThan(500);
  });

  it("ends at a hundred timeouts whatever the heartbeats", async () => {
    const { action, outcome } = ended(0.005);
    const timer = setInterval(() => action.heartbeat(), 1);
    await until(outcome);
    clearInterval(timer);
    expect(outcome()!.after).to.be.at.least(450);
    action.cancel();
  });
});
