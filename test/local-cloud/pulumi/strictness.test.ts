import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { workerMain } from "../../../contract/packageRoot";
import { startCloud } from "../../../local-cloud/cloud";
import { temporaryFolder } from "../../../local-cloud/orphans";
import { deploy } from "../../../local-cloud/pulumi/deploy";
import { rejection } from "../support";

/** The local run refuses what the engine or AWS refuse. */
describe("a program that the engine would refuse", () => {
  async function failure(program: () => unknown): Promise<string> {
    const cloud = await startCloud({ workerMain: workerMain(), region: "eu-central-1", log: () => undefined });
    const error = await rejection(
      deploy({ program, cloud, project: "test", stack: "local" }).finally(() => cloud.stop()),
    );
    return error.message;
  }

  const refused: [string, () => unknown, string][] = [
    [
      "no region of a provider",
      () => new aws.Provider("west", { region: "the west" as "us-west-2" }),
      'west (pulumi:providers:aws): Expected `region` as the name of an AWS region, such as us-west-2, got "the west"',
    ],
    [
      "no region of a resource",
      () => new aws.sqs.Queue("queue", { region: "../us-west-2" }),
      "queue (aws:sqs/queue:Queue): Expected `region` as the name of an AWS region",
    ],
    [
      "no region of a function",
      () => ({ zones: aws.getAvailabilityZonesOutput({ region: "" }).names }),
      "Expected `region` as the name of an AWS region",
    ],
    [
      "a subscriber of another region",
      () => {
        const { arn: endpoint } = new aws.sqs.Queue("queue", { region: "us-west-2" });
        new aws.sns.TopicSubscription("sub", { topic: new aws.sns.Topic("topic").arn, protocol: "sqs", endpoint });
      },
      "Expected `endpoint` in the local cloud in its topic's region, eu-central-1, got us-west-2",
    ],
    [
      "two resources of one URN",
      () => [new aws.sqs.Queue("queue"), new aws.sqs.Queue("queue")],
      "Duplicate resource URN 'urn:pulumi:local::test::aws:sqs/queue:Queue::queue'; try giving it a unique name",
    ],
    [
      "two children of one URN, of parents of one type",
      () => {
        for (const name of ["one", "other"]) {
          const parent = new pulumi.ComponentResource("test:index:Parent", name);
          new aws.sqs.Queue("queue", {}, { parent });
        }
      },
      "Duplicate resource URN 'urn:pulumi:local::test::test:index:Parent$aws:sqs/queue:Queue::queue'",
    ],
    ...(
      [
        ["a queue's name", () => new aws.sqs.Queue("q", { name: "no spaces" }), "name"],
        ["a queue's length", () => new aws.sqs.Queue("q", { name: "q".repeat(81) }), "name"],
        ["a topic's name", () => new aws.sns.Topic("t", { name: "a.b" }), "name"],
        [
          "a logical name that makes too long a role",
          () => new aws.iam.Role("r".repeat(60), { assumeRolePolicy: "{}" }),
          "name",
        ],
        ["a bucket's name", () => new aws.s3.Bucket("b", { bucket: "Upper" }), "bucket"],
        ["a bucket's logical name", () => new aws.s3.Bucket("Upper"), "bucket"],
        ["a table's name", () => new aws.dynamodb.Table("t", { name: "t", hashKey: "a", attributes: [] }), "name"],
        ["a log group's name", () => new aws.cloudwatch.LogGroup("l", { name: "a b" }), "name"],
      ] as [string, () => unknown, string][]
    ).map(([what, program, field]): [string, () => unknown, string] => [
      what,
      program,
      `Expected \`${field}\` as AWS takes it`,
    ]),
  ];
  for (const [what, program, message] of refused) {
    it(`is refused for ${what}`, async () => {
      expect(await failure(program)).to.include(message);
    });
  }

  it("is taken with names alike that make different URNs, and with the region as it is", async () => {
    const cloud = await startCloud({ workerMain: workerMain(), region: "eu-central-1", log: () => undefined });
    const program = () => {
      const provider = new aws.Provider("same", { region: "eu-central-1" });
      const parent = new pulumi.ComponentResource("test:index:Parent", "parent");
      new aws.sqs.Queue("same", {}, { provider });
      new aws.sqs.Queue("same", { region: "eu-central-1" }, { parent });
      new aws.sns.Topic("same", { name: "orders.fifo", fifoTopic: true });
    };
    await deploy({ program, cloud, project: "test", stack: "local" });
    await cloud.stop();
  });
});

describe("folders of local clouds that were killed", () => {
  it("are removed by the next one, but for those of clouds that run, and others", async () => {
    const folder = mkdtempSync(join(tmpdir(), "orphans-"));
    const before = process.env.TMPDIR;
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"], { stdio: "ignore" });
    try {
      process.env.TMPDIR = folder;
      const own = basename(temporaryFolder());
      const names = [`-${child.pid}-abcdef`, "-other"];
      const [childs, other] = names.map((end) => own.replace(/-\d+-[^-]*$/, end)) as [string, string];
      const elsewhere = own.replace(/-[0-9a-f]{6}-\d+-/, `-000000-${child.pid}-`);
      for (const name of [childs, other, elsewhere]) mkdirSync(join(folder, name));
      const second = basename(temporaryFolder());
      expect(readdirSync(folder)).to.have.members([own, childs, other, elsewhere, second]);
      child.kill("SIGKILL");
      await once(child, "exit");
      const third = basename(temporaryFolder());
      expect(readdirSync(folder)).to.have.members([own, other, elsewhere, second, third]);
    } finally {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
      child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
