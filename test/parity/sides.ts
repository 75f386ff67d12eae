import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { AutoScalingClient, CreateAutoScalingGroupCommand, type Tag } from "@aws-sdk/client-auto-scaling";
import * as aws from "@pulumi/aws";
import { packageRoot } from "../../contract/packageRoot";
import { workerTemplate } from "../local-cloud/programs";
import { startTestCloud } from "../local-cloud/support";
import { createIdleWorker } from "../local-cloud/workers";

/** A group as both sides make it. */
export interface GroupPlan {
  name: string;
  minSize: number;
  maxSize: number;
  desiredCapacity: number;
  tags?: Record<string, string>;
  /** For spot above an on-demand base of one. */
  instanceTypes?: string[];
}

/** One of the two that are compared. */
export interface Side {
  client: AutoScalingClient;
  stop(): Promise<void>;
}

const template = { name: "template", instanceType: "t3.micro", imageId: "ami-12c6146b" };
const zone = "us-east-1a";

/** The local cloud, with the groups. */
export async function startLocal(plans: GroupPlan[]): Promise<Side> {
  const worker = createIdleWorker();
  const test = await startTestCloud({ workerMain: worker.workerMain, stopGraceSeconds: 0.3 });
  await test.up(() => {
    const { name, ...args } = template;
    const { id } = workerTemplate(name, {}, { name, ...args });
    let before: aws.autoscaling.Group[] = [];
    for (const plan of plans) {
      const specification = { launchTemplateId: id, version: "1" };
      const overrides = plan.instanceTypes?.map((instanceType) => ({ instanceType }));
      const args: aws.autoscaling.GroupArgs = {
        ...{ name: plan.name, minSize: plan.minSize, maxSize: plan.maxSize, desiredCapacity: plan.desiredCapacity },
        ...{ availabilityZones: [zone], protectFromScaleIn: true, healthCheckGracePeriod: 90 },
        tags: tagsOf(plan).map(({ Key, Value }) => ({ key: Key!, value: Value!, propagateAtLaunch: false })),
        ...(overrides
          ? {
              mixedInstancesPolicy: {
                launchTemplate: { launchTemplateSpecification: specification, overrides },
                instancesDistribution: { onDemandBaseCapacity: 1, onDemandPercentageAboveBaseCapacity: 0 },
              },
            }
          : { launchTemplate: { id, version: "1" } }),
      };
      // One after the other, as moto gets them: both tell them in that order.
      before = [new aws.autoscaling.Group(plan.name, args, { dependsOn: before })];
    }
  });
  const { endpoint, region, credentials } = test.cloud;
  const client = new AutoScalingClient({ endpoint, region, credentials, maxAttempts: 1 });
  return {
    client,
    stop: async () => {
      client.destroy();
      await test.stop();
      worker.remove();
    },
  };
}

/** A moto server, with the groups. */
export async function startMoto(plans: GroupPlan[]): Promise<Side> {
  const { process: server, address } = await spawnMoto();
  const credentials = { accessKeyId: "moto", secretAccessKey: "moto" };
  const client = new AutoScalingClient({ endpoint: address, region: "us-east-1", credentials, maxAttempts: 1 });
  await createTemplate(address);
  for (const plan of plans) await client.send(new CreateAutoScalingGroupCommand(motoInput(plan)));
  return {
    client,
    stop: async () => {
      client.destroy();
      const gone = new Promise((resolve) => server.once("exit", resolve));
      server.kill();
      await gone;
    },
  };
}

function motoInput(plan: GroupPlan) {
  const specification = { LaunchTemplateName: template.name, Version: "1" };
  const Overrides = plan.instanceTypes?.map((InstanceType) => ({ InstanceType }));
  return {
    ...{ AutoScalingGroupName: plan.name, MinSize: plan.minSize, MaxSize: plan.maxSize },
    ...{ DesiredCapacity: plan.desiredCapacity, AvailabilityZones: [zone], NewInstancesProtectedFromScaleIn: true },
    ...{ HealthCheckGracePeriod: 90, Tags: tagsOf(plan) },
    ...(Overrides
      ? {
          MixedInstancesPolicy: {
            LaunchTemplate: { LaunchTemplateSpecification: specification, Overrides },
            InstancesDistribution: { OnDemandBaseCapacity: 1, OnDemandPercentageAboveBaseCapacity: 0 },
          },
        }
      : { LaunchTemplate: specification }),
  };
}

function tagsOf({ name, tags = {} }: GroupPlan): Tag[] {
  const common = { ResourceId: name, ResourceType: "auto-scaling-group", PropagateAtLaunch: false };
  return Object.entries(tags).map(([Key, Value]) => ({ ...common, Key, Value }));
}

/** @throws Error where moto is not installed, or ends before it listens. */
async function spawnMoto(): Promise<{ process: ChildProcess; address: string }> {
  const tool = pathToFileURL(join(packageRoot(), "tools", "fetch", "moto.mjs")).href;
  const { motoServer } = (await import(tool)) as { motoServer: string };
  if (!existsSync(motoServer)) throw new Error("moto is not installed: run `npm run test:parity`, which installs it");
  const server = spawn(motoServer, ["-H", "127.0.0.1", "-p", "0"], { stdio: ["ignore", "pipe", "pipe"] });
  process.once("exit", () => server.kill("SIGKILL"));
  const address = await new Promise<string>((resolve, reject) => {
    const lines: string[] = [];
    const look = (line: string) => {
      lines.push(line);
      const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
      if (found) resolve(found);
    };
    createInterface({ input: server.stdout }).on("line", look);
    createInterface({ input: server.stderr }).on("line", look);
    server.once("error", reject);
    server.once("exit", () => reject(new Error(`moto ended before it listened:\n${lines.join("\n")}`)));
  });
  return { process: server, address };
}

/** By hand: nothing else here needs a client for EC2. */
async function createTemplate(address: string): Promise<void> {
  const response = await fetch(address, {
    method: "POST",
    headers: {
      authorization:
        "AWS4-HMAC-SHA256 Credential=moto/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0",
      "content-type": "application/x-www-form-urlencoded",
    },
    body: new URLSearchParams({
      Action: "CreateLaunchTemplate",
      Version: "2016-11-15",
      LaunchTemplateName: template.name,
      "LaunchTemplateData.ImageId": template.imageId,
      "LaunchTemplateData.InstanceType": template.instanceType,
    }),
  });
  if (!response.ok) throw new Error(`moto refused a launch template: ${await response.text()}`);
}
