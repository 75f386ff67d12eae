import {
  AutoScalingClient,
  CompleteLifecycleActionCommand,
  DescribeAutoScalingInstancesCommand,
  RecordLifecycleActionHeartbeatCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from "@aws-sdk/client-auto-scaling";
import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InstanceMetadata } from "../../worker-image/src/lifecycleMetadata";
import type { Group } from "../../local/group";
import { rejection, startTestCloud, TestCloud, until } from "./support";

const worker = `
console.log(process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT);
process.on("disconnect", () => process.exit());
process.on("SIGTERM", () => process.exit());
setInterval(() => {}, 1000);`;

describe("local Auto Scaling and metadata", () => {
  const folder = mkdtempSync(join(tmpdir(), "worker "));
  let test: TestCloud;
  let client: AutoScalingClient;
  let group: Group;

  before(async () => {
    writeFileSync(join(folder, "main.js"), worker);
    test = await startTestCloud({ workerMain: join(folder, "main.js"), stopGraceSeconds: 0.3 });
    const { endpoint, region, credentials } = test.cloud;
    client = new AutoScalingClient({ endpoint, region, credentials });
    const script = "#!/bin/bash\ncat > /etc/batch-job-worker/environment <<'ENVIRONMENT'\nA=b\nENVIRONMENT\n";
    const { name } = await test.up(() => {
      const template = new aws.ec2.LaunchTemplate("template", { userData: Buffer.from(script).toString("base64") });
      const hook = (transition: string) => ({
        name: transition.toLowerCase(),
        lifecycleTransition: `autoscaling:EC2_INSTANCE_${transition}`,
        heartbeatTimeout: 30,
      });
      const made = new aws.autoscaling.Group("group", {
        minSize: 1,
        maxSize: 3,
        desiredCapacity: 2,
        launchTemplate: { id: template.id },
        initialLifecycleHooks: [hook("LAUNCHING"), hook("TERMINATING")],
      });
      return { name: made.name };
    });
    group = test.cloud.groups.find(String(name))!;
  });
  after(async () => {
    client.destroy();
    await test.stop();
    rmSync(folder, { recursive: true });
  });

  const complete = (InstanceId: string, LifecycleHookName: string) =>
    client.send(
      new CompleteLifecycleActionCommand({
        AutoScalingGroupName: group.name,
        InstanceId,
        LifecycleHookName,
        LifecycleActionResult: "CONTINUE",
      }),
    );
  const terminate = (InstanceId: string, ShouldDecrementDesiredCapacity: boolean) =>
    client.send(new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity }));

  it("takes an instance past its hooks, ends it and lowers desired, down to the minimum", async () => {
    const [first, second] = group.instances;
    expect(first!.lifecycleState).to.equal("Pending:Wait");
    await client.send(
      new RecordLifecycleActionHeartbeatCommand({
        AutoScalingGroupName: group.name,
        InstanceId: first!.id,
        LifecycleHookName: "launching",
      }),
    );
    await complete(first!.id, "launching");
    const { AutoScalingInstances: found } = await client.send(
      new DescribeAutoScalingInstancesCommand({ InstanceIds: [first!.id] }),
    );
    expect(found).to.have.length(1);
    expect(found![0]).to.include({ AutoScalingGroupName: group.name, LifecycleState: "InService" });
    const again = await rejection(complete(first!.id, "launching"));
    expect([again.name, again.message]).to.deep.equal([
      "ValidationError",
      `No active Lifecycle Action found with instance ID ${first!.id}`,
    ]);
    await complete(second!.id, "launching");
    const { Activity: activity } = await terminate(first!.id, true);
    expect(activity).to.include({ StatusCode: "InProgress" });
    expect([group.desiredCapacity, first!.lifecycleState]).to.deep.equal([1, "Terminating:Wait"]);
    const refused = await rejection(terminate(second!.id, true));
    expect(refused.message).to.match(/^Currently, desiredSize equals minSize \(1\)\. Terminating instance without/);
    await complete(first!.id, "terminating");
    await until(() => group.instances.length === 1);
    await terminate(second!.id, false);
    expect(group.instances.filter(({ isTerminating }) => !isTerminating)).to.have.length(1);
    expect((await rejection(terminate("i-0", false))).message).to.include("Instance Id not found");
  });

  it("serves metadata to those that have a token, as the worker reads it", async () => {
    // Instances that were ended before have printed theirs too.
    const printed = () =>
      test.logs.find(
        ({ name, line }) =>
          line.startsWith("http://127.0.0.1:") &&
          group.instances.some(({ id, isTerminating }) => id === name && !isTerminating),
      );
    await until(printed);
    const endpoint = printed()!.line;
    const url = `${endpoint}/latest/meta-data/instance-id`;
    expect((await fetch(url)).status).to.equal(401);
    expect((await fetch(`${endpoint}/latest/api/token`)).status).to.equal(405);
    expect((await fetch(`${endpoint}/latest/api/token`, { method: "PUT" })).status).to.equal(400);
    const metadata = InstanceMetadata.fromEnvironment({ AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint })!;
    expect(await metadata.read("instance-id")).to.match(/^i-[0-9a-f]{17}$/);
    expect(await metadata.read("tags/instance/aws:autoscaling:groupName")).to.equal(group.name);
    expect(await metadata.read("spot/instance-action")).to.equal(undefined);
    expect(InstanceMetadata.fromEnvironment({ AWS_EC2_METADATA_DISABLED: "true" })).to.equal(undefined);
  });
});
