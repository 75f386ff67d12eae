import {
  AutoScalingClient,
  CompleteLifecycleActionCommand,
  DescribeAutoScalingGroupsCommand,
  type DescribeAutoScalingGroupsCommandInput,
  DescribeAutoScalingInstancesCommand,
  DescribeScalingActivitiesCommand,
  RecordLifecycleActionHeartbeatCommand,
  SetDesiredCapacityCommand,
  SetInstanceHealthCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from "@aws-sdk/client-auto-scaling";
import { expect } from "chai";
import type { Group } from "../../../local-cloud/autoScaling/group";
import { InstanceMetadata } from "../../../worker-image/src/instance/metadata";
import { bothHooks, workerGroup, workerTemplate } from "../programs";
import { rejection, startTestCloud, type TestCloud, until } from "../support";
import { createIdleWorker } from "../workers";

describe("local Auto Scaling and metadata", () => {
  const worker = createIdleWorker();
  let test: TestCloud;
  let client: AutoScalingClient;
  const groups: Record<string, Group> = {};

  before(async () => {
    test = await startTestCloud({ workerMain: worker.workerMain, stopGraceSeconds: 0.3 });
    const { endpoint, region, credentials } = test.cloud;
    client = new AutoScalingClient({ endpoint, region, credentials });
    const names = await test.up(() => {
      const template = workerTemplate("template", { WORKER_TYPE: "a" }, { instanceType: "t4g.small" });
      const tags = [{ key: "fleet", value: "table/a", propagateAtLaunch: false }];
      const initialLifecycleHooks = bothHooks();
      const hooked = { minSize: 1, maxSize: 3, initialLifecycleHooks, protectFromScaleIn: true };
      const vpcZoneIdentifiers = ["subnet-1", "subnet-2"];
      const bounds = { minSize: 0, maxSize: 9, healthCheckGracePeriod: 0 };
      const more = { tags, vpcZoneIdentifiers, suspendedProcesses: ["AZRebalance"] };
      return {
        hooked: workerGroup("hooked", template, { ...hooked, desiredCapacity: 2, ...more }).name,
        plain: workerGroup("plain", template, { ...bounds, initialLifecycleHooks }).name,
        other: workerGroup("other", template, { ...bounds, tags: [{ ...tags[0]!, value: "table/b" }] }).name,
      };
    });
    for (const [key, name] of Object.entries(names)) groups[key] = test.cloud.groups.find(String(name))!;
  });
  after(async () => {
    client.destroy();
    await test.stop();
    worker.remove();
  });

  const complete = (group: Group, InstanceId: string, LifecycleHookName: string, result = "CONTINUE") =>
    client.send(
      new CompleteLifecycleActionCommand({
        ...{ AutoScalingGroupName: group.name, InstanceId, LifecycleHookName, LifecycleActionResult: result },
      }),
    );
  const terminate = (InstanceId: string, ShouldDecrementDesiredCapacity: boolean) =>
    client.send(new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity }));
  const setDesired = (group: Group, DesiredCapacity: number) =>
    client.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: group.name, DesiredCapacity }));
  const activities = async (group: Group) =>
    (await client.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName: group.name }))).Activities!;
  const inService = (group: Group) => group.instances.filter(({ lifecycleState }) => lifecycleState === "InService");

  async function bring(group: Group, count: number): Promise<void> {
    await setDesired(group, count);
    await until(() => group.instances.filter(({ lifecycleState }) => lifecycleState === "Pending:Wait").length > 0);
    await until(() => group.instances.every(({ lifecycleState }) => lifecycleState !== "Pending"));
    for (const { id, lifecycleState } of group.instances) {
      if (lifecycleState === "Pending:Wait") await complete(group, id, "launching");
    }
    await until(() => inService(group).length === count);
  }

  it("takes an instance past its hooks, ends it and lowers desired, down to the minimum", async () => {
    const group = groups.hooked!;
    const [first, second] = group.instances;
    await until(() => first!.lifecycleState === "Pending:Wait" && second!.lifecycleState === "Pending:Wait");
    await complete(group, first!.id, "launching");
    expect(first!.lifecycleState).to.equal("Pending:Proceed");
    await until(() => first!.lifecycleState === "InService");
    const { AutoScalingInstances: found } = await client.send(
      new DescribeAutoScalingInstancesCommand({ InstanceIds: [first!.id] }),
    );
    expect(found).to.have.length(1);
    expect(found![0]).to.include({ AutoScalingGroupName: group.name, LifecycleState: "InService" });
    expect(found![0]).to.include({ HealthStatus: "HEALTHY", ProtectedFromScaleIn: true, InstanceType: "t4g.small" });
    const again = await rejection(complete(group, first!.id, "launching"));
    expect([again.name, again.message]).to.deep.equal([
      "ValidationError",
      `No active Lifecycle Action found with instance ID ${first!.id}`,
    ]);
    await complete(group, second!.id, "launching");
    const { Activity: activity } = await terminate(first!.id, true);
    expect(activity).to.include({ StatusCode: "MidLifecycleAction" });
    expect(activity!.Cause).to.match(
      /^At [\d-]+T[\d:]+Z instance i-\w+ was taken out of service in response to a user request, shrinking the capacity from 2 to 1\.$/,
    );
    expect([group.desiredCapacity, first!.lifecycleState]).to.deep.equal([1, "Terminating:Wait"]);
    expect((await terminate(first!.id, true)).Activity!.ActivityId).to.equal(activity!.ActivityId);
    const refused = await rejection(terminate(second!.id, true));
    expect(refused.message).to.match(/^Currently, desiredSize equals minSize \(1\)\. Terminating instance without/);
    await complete(group, first!.id, "terminating");
    await until(() => group.instances.length === 1);
    await terminate(second!.id, false);
    expect(group.instances.filter(({ isTerminating }) => !isTerminating)).to.have.length(1);
    expect((await rejection(terminate("i-0", false))).message).to.include("Instance Id not found");
  });

  it("describes groups whole", async () => {
    const { name, arn } = groups.hooked!;
    const { AutoScalingGroups: found } = await client.send(
      new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name, "nowhere"] }),
    );
    expect(found).to.have.length(1);
    expect(found![0]).to.deep.include({
      ...{ AutoScalingGroupName: name, AutoScalingGroupARN: arn, MinSize: 1, MaxSize: 3, DesiredCapacity: 1 },
      ...{ NewInstancesProtectedFromScaleIn: true, VPCZoneIdentifier: "subnet-1,subnet-2", HealthCheckType: "EC2" },
      AvailabilityZones: ["us-east-1a", "us-east-1b"],
      Tags: [
        {
          ...{ Key: "fleet", Value: "table/a", ResourceId: name, ResourceType: "auto-scaling-group" },
          PropagateAtLaunch: false,
        },
      ],
    });
    expect(found![0]!.SuspendedProcesses!.map(({ ProcessName }) => ProcessName)).to.deep.equal(["AZRebalance"]);
    expect(found![0]!.LaunchTemplate).to.include({ Version: "1" });
    expect(found![0]!.CreatedTime!.getTime()).to.be.closeTo(Date.now(), 60_000);
    const [instance] = found![0]!.Instances!.filter(({ LifecycleState }) => LifecycleState!.startsWith("Pending"));
    expect(instance).to.include({ HealthStatus: "Healthy", ProtectedFromScaleIn: true, InstanceType: "t4g.small" });
    expect(instance!.LaunchTemplate).to.deep.equal({ ...found![0]!.LaunchTemplate, Version: "1" });
  });

  it("finds groups by their tags, page by page", async () => {
    const names = async (input: DescribeAutoScalingGroupsCommandInput) => {
      const { AutoScalingGroups, NextToken } = await client.send(new DescribeAutoScalingGroupsCommand(input));
      return { found: AutoScalingGroups!.map(({ AutoScalingGroupName }) => AutoScalingGroupName), NextToken };
    };
    const { hooked, plain, other } = groups;
    const byValue = (...Values: string[]) => names({ Filters: [{ Name: "tag:fleet", Values }] });
    expect((await byValue("table/a")).found).to.deep.equal([hooked!.name]);
    expect((await byValue("table/b", "table/a")).found).to.have.members([hooked!.name, other!.name]);
    expect((await byValue("table/*")).found).to.deep.equal([]);
    const both = [{ Name: "tag-key", Values: ["fleet"] }, { Name: "tag-value", Values: ["table/b"] }]; // prettier-ignore
    expect((await names({ Filters: both })).found).to.deep.equal([other!.name]);
    const first = await names({ MaxRecords: 2 });
    const second = await names({ MaxRecords: 2, NextToken: first.NextToken });
    expect([...first.found, ...second.found]).to.have.members([hooked!.name, plain!.name, other!.name]);
    expect([first.found.length, second.NextToken]).to.deep.equal([2, undefined]);
    expect((await rejection(names({ MaxRecords: 101 }))).name).to.equal("ValidationError");
    expect((await rejection(names({ NextToken: "x" }))).name).to.equal("InvalidNextToken");
    expect((await rejection(names({ Filters: [{ Name: "colour", Values: ["x"] }] }))).name).to.equal("ValidationError");
  });

  it("refuses a desired capacity beyond the bounds, in AWS's words", async () => {
    const group = groups.hooked!;
    const above = await rejection(setDesired(group, 4));
    expect([above.name, above.message]).to.deep.equal([
      "ValidationError",
      "New SetDesiredCapacity value 4 is above max value 3 for the AutoScalingGroup.",
    ]);
    expect((await rejection(setDesired(group, 0))).message).to.equal(
      "New SetDesiredCapacity value 0 is below min value 1 for the AutoScalingGroup.",
    );
    expect(group.desiredCapacity).to.equal(1);
    const nowhere = new SetDesiredCapacityCommand({ AutoScalingGroupName: "nowhere", DesiredCapacity: 1 });
    expect((await rejection(client.send(nowhere))).message).to.match(/^AutoScalingGroup name not found/);
    const nameless = new SetDesiredCapacityCommand({ AutoScalingGroupName: undefined, DesiredCapacity: 1 });
    expect((await rejection(client.send(nameless))).message).to.contain("'autoScalingGroupName' failed to satisfy");
  });

  it("ends nothing that is protected when desired is lowered", async () => {
    const group = groups.hooked!;
    await bring(group, 3);
    await setDesired(group, 1);
    expect(inService(group)).to.have.length(3);
    const [leaving] = inService(group);
    await terminate(leaving!.id, false);
    expect(group.instances.filter(({ isTerminating }) => !isTerminating)).to.have.length(2);
    await complete(group, leaving!.id, "terminating");
  });

  it("replaces what is marked unhealthy, through its hook", async () => {
    const group = groups.plain!;
    await bring(group, 1);
    const [sick] = inService(group);
    const mark = (more: object = {}) =>
      client.send(new SetInstanceHealthCommand({ InstanceId: sick!.id, HealthStatus: "Unhealthy", ...more }));
    group.settings.healthCheckGraceSeconds = 300;
    await mark();
    expect([sick!.lifecycleState, sick!.isHealthy]).to.deep.equal(["InService", true]);
    await mark({ ShouldRespectGracePeriod: false });
    expect([sick!.lifecycleState, sick!.isHealthy]).to.deep.equal(["Terminating:Wait", false]);
    const [launch, end] = await activities(group);
    expect(launch!.Cause).to.match(/an instance was launched in response to an unhealthy instance needing/);
    expect(end!.Cause).to.match(/taken out of service in response to a user health-check\.$/);
    expect(end).to.include({ StatusCode: "MidLifecycleAction", Description: `Terminating EC2 instance: ${sick!.id}` });
    await complete(group, sick!.id, "terminating");
    await until(() => group.instances.length === 1);
    expect((await activities(group))[1]).to.include({ StatusCode: "Successful", Progress: 100 });
    const wrong = new SetInstanceHealthCommand({ InstanceId: sick!.id, HealthStatus: "Sick" });
    expect((await rejection(client.send(wrong))).name).to.equal("ValidationError");
    const gone = await rejection(mark());
    expect(gone.message).to.equal(`Instance Id not found - No managed instance found for instance ID: ${sick!.id}`);
    await setDesired(group, 0);
    for (const { id } of group.instances) await complete(group, id, "terminating");
  });

  it("abandons a launch on request, and says so", async () => {
    const group = groups.plain!;
    await until(() => group.instances.length === 0);
    await setDesired(group, 1);
    const [instance] = group.instances;
    await until(() => instance!.lifecycleState === "Pending:Wait");
    const heartbeat = new RecordLifecycleActionHeartbeatCommand({
      ...{ AutoScalingGroupName: group.name, InstanceId: instance!.id, LifecycleHookName: "launching" },
    });
    await client.send(heartbeat);
    await complete(group, instance!.id, "launching", "ABANDON");
    await until(() => !group.instances.includes(instance!));
    const cancelled = (await activities(group)).find(({ Description }) => Description!.includes(instance!.id));
    expect(cancelled).to.include({ StatusCode: "Cancelled" });
    expect(cancelled!.StatusMessage).to.match(
      /^Instance failed to complete user's Lifecycle Action: .* ABANDON Result$/,
    );
    expect(group.instances).to.have.length(1);
    await setDesired(group, 0);
  });

  it("lists activities with their causes, the newest first, page by page", async () => {
    const group = groups.other!;
    await setDesired(group, 2);
    await until(() => inService(group).length === 2);
    await setDesired(group, 1);
    await until(() => group.instances.length === 1);
    const [end, ...launches] = await activities(group);
    expect([end, ...launches].map((activity) => activity!.StatusCode)).to.deep.equal(Array(3).fill("Successful"));
    expect(end!.Cause).to.match(/shrinking the capacity from 2 to 1\. {2}At \S+ instance i-\w+ was selected for/);
    expect(launches[0]!.Cause).to.match(/user request explicitly set group desired capacity .* from 0 to 2\. {2}At /);
    expect(launches[0]!.Cause).to.match(/difference between desired and actual capacity, .* from 1 to 2\.$/);
    expect(JSON.parse(launches[0]!.Details!)).to.include({ "Availability Zone": "us-east-1a" });
    const page = { AutoScalingGroupName: group.name, MaxRecords: 2 };
    const first = await client.send(new DescribeScalingActivitiesCommand(page));
    const NextToken = first.NextToken;
    const second = await client.send(new DescribeScalingActivitiesCommand({ ...page, NextToken }));
    const ids = [...first.Activities!, ...second.Activities!].map(({ ActivityId }) => ActivityId);
    expect(ids).to.deep.equal([end, ...launches].map((activity) => activity!.ActivityId));
    const one = new DescribeScalingActivitiesCommand({ ActivityIds: [ids[1]!] });
    expect((await client.send(one)).Activities!.map(({ ActivityId }) => ActivityId)).to.deep.equal([ids[1]]);
  });

  it("serves metadata to those that have a token, as the worker reads it", async () => {
    const group = groups.other!;
    const [instance] = inService(group);
    await until(() => lineOf(instance!.id));
    const { metadata: endpoint } = JSON.parse(lineOf(instance!.id)!.line) as { metadata: string };
    const url = `${endpoint}/latest/meta-data/instance-id`;
    expect((await fetch(url)).status).to.equal(401);
    expect((await fetch(`${endpoint}/latest/api/token`)).status).to.equal(405);
    expect((await fetch(`${endpoint}/latest/api/token`, { method: "PUT" })).status).to.equal(400);
    const reader = InstanceMetadata.fromEnvironment({ AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint })!;
    expect(await reader.read("instance-id")).to.match(/^i-[0-9a-f]{17}$/);
    expect(await reader.read("instance-type")).to.equal("t4g.small");
    expect(await reader.read("instance-life-cycle")).to.equal("on-demand");
    expect(await reader.read("tags/instance/aws:autoscaling:groupName")).to.equal(group.name);
    expect(await reader.read("spot/instance-action")).to.equal(undefined);
    expect(InstanceMetadata.fromEnvironment({ AWS_EC2_METADATA_DISABLED: "true" })).to.equal(undefined);
  });

  /** Output of the instance's worker. */
  function lineOf(id: string) {
    return test.logs.find(({ name, line }) => name === id && line.startsWith("{"));
  }
});
