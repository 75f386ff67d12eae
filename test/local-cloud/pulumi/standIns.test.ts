import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { workerMain } from "../../../contract/packageRoot";
import { type LocalCloud, startCloud } from "../../../local-cloud/cloud";
import { deploy } from "../../../local-cloud/pulumi/deploy";
import { noStandIns, readStandIns, type StandIns } from "../../../local-cloud/pulumi/standIns";

describe("what the local cloud doesn't emulate", () => {
  const clouds: LocalCloud[] = [];
  let lines: string[];

  beforeEach(() => (lines = []));
  afterEach(() => Promise.all(clouds.splice(0).map((cloud) => cloud.stop())));

  async function up(program: () => unknown, standIns: Partial<StandIns> = {}, isStrict = false) {
    const cloud = await startCloud({ workerMain: workerMain(), log: ({ line }) => lines.push(line) });
    clouds.push(cloud);
    const options = { cloud, project: "test", stack: "local", standIns: { ...noStandIns, ...standIns }, isStrict };
    return deploy({ program, ...options });
  }
  const failure = (running: Promise<unknown>) =>
    running.then(
      () => expect.fail("Expected a failure"),
      (error: Error) => error.message,
    );

  class Tap extends pulumi.dynamic.Resource {
    constructor(name: string) {
      super({ create: async () => ({ id: "x" }) }, name, { flow: 3 });
    }
  }

  const database = () => {
    const db = new aws.rds.Instance("db", { instanceClass: "db.t4g.micro", allocatedStorage: 20, dbName: "jobs" });
    const { endpoint, arn, dbName, port, region } = db;
    return { endpoint, arn, dbName, port, region };
  };

  it("is made of its inputs, with marks in place of what AWS would give, and one warning for all", async () => {
    const outputs = await up(() => {
      new aws.cloudwatch.CompositeAlarm("both", { alarmName: "b", alarmRule: "FALSE" });
      new Tap("tap");
      const topic = new aws.sns.Topic("topic");
      new aws.sns.TopicSubscription("mail", { topic: topic.arn, protocol: "email", endpoint: "a@example.com" });
      return database();
    });
    expect(outputs).to.deep.equal({
      endpoint: "endpoint.db.not-emulated.invalid",
      arn: "arn:aws:not-emulated:us-east-1:000000000000:db",
      dbName: "jobs",
      port: undefined,
      region: "us-east-1",
    });
    const warnings = lines.filter((line) => line.includes("Not emulated"));
    expect(warnings).to.have.length(1);
    for (const name of ["both (aws:cloudwatch/compositeAlarm:CompositeAlarm)", "tap (", "mail (", "db ("]) {
      expect(warnings[0]).to.include(`\n  ${name}`);
    }
  });

  it("gives what stands in for it, by logical name or type", async () => {
    const resources = {
      db: { endpoint: "127.0.0.1:5432" },
      "aws:rds/instance:Instance": { port: 5_432, endpoint: "x" },
    };
    expect(await up(database, { resources })).to.deep.include({ endpoint: "127.0.0.1:5432", port: 5_432 });
  });

  it("gives what the file says now when the program is deployed again", async () => {
    const cloud = await startCloud({ workerMain: workerMain() });
    clouds.push(cloud);
    const options = { program: database, cloud, project: "test", stack: "local" };
    const giving = (endpoint: string) => ({ standIns: { ...noStandIns, resources: { db: { endpoint } } } });
    expect(await deploy({ ...options, ...giving("one") })).to.include({ endpoint: "one" });
    expect(await deploy({ ...options, ...giving("two"), isUpdate: true })).to.include({ endpoint: "two" });
  });

  it("is refused by a strict deployment, all of it at once", async () => {
    const message = await failure(
      up(
        () => {
          new aws.kinesis.Stream("river", { shardCount: 1 });
          new aws.kinesis.Stream("brook", { shardCount: 1 });
        },
        {},
        true,
      ),
    );
    expect(message).to.include("\n  river (aws:kinesis/stream:Stream)\n  brook (aws:kinesis/stream:Stream)");
  });

  it("may be read from another stack, or looked up, as the file says; else the error has the line for it", async () => {
    const network = () => ({ vpc: new pulumi.StackReference("org/network/dev").getOutput("vpcId") });
    const stackReferences = { "org/network/dev": { vpcId: "vpc-1" } };
    expect(await up(network, { stackReferences })).to.deep.equal({ vpc: "vpc-1" });
    expect(await failure(up(network))).to.include(
      "local.yaml: stackReferences: { org/network/dev: { OUTPUT: value } }",
    );
    const key = async () => ({ arn: (await aws.kms.getAlias({ name: "alias/x" })).targetKeyArn });
    const token = "aws:kms/getAlias:getAlias";
    const functions = { [token]: [{ args: { name: "alias/y" }, result: {} }, { result: { targetKeyArn: "arn:1" } }] };
    expect(await up(key, { functions })).to.deep.equal({ arn: "arn:1" });
    expect(await failure(up(key))).to.include(`functions: { "${token}": [{ result: { … } }] }`);
  });

  it("may be a resource that another program made", async () => {
    const resources = { data: { bucket: "theirs", arn: "arn:aws:s3:::theirs" } };
    const read = () => ({
      bucket: aws.s3.Bucket.get("data", "theirs").bucket,
      id: aws.s3.Bucket.get("data", "theirs").id,
    });
    expect(await up(read, { resources })).to.deep.equal({ bucket: "theirs", id: "theirs" });
  });

  describe("the file of stand-ins", () => {
    let folder: string;
    beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "stand-ins "))));
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    const read = (text: string) => {
      const file = join(folder, "local.yaml");
      writeFileSync(file, text);
      return readStandIns(file);
    };

    it("may be missing or empty", () => {
      expect(readStandIns(join(folder, "none.yaml"))).to.equal(undefined);
      expect(read("")).to.deep.equal(noStandIns);
      expect(read("resources: { db: { port: 1 } }")!.resources).to.deep.equal({ db: { port: 1 } });
    });

    for (const [text, expected] of [
      ["[]", "Expected an object, got []"],
      ["resource: {}", 'Expected resources, functions, stackReferences, got "resource"'],
      ["resources: 3", "Expected resources as an object, got 3"],
      ["resources: { db: up }", 'Expected resources.db as an object, got "up"'],
      ["functions: { f: { result: 1 } }", "Expected functions.f as a list of {args?, result}"],
      ["functions: { f: [{ args: {} }] }", "Expected functions.f as a list of {args?, result}"],
      ["secrets: { A: b }", "Expected secrets in .local-secrets.yaml, got them here"],
      ["a: [", "local.yaml"],
    ] as const) {
      it(`is refused as \`${text}\``, () => {
        expect(() => read(text)).to.throw(expected);
      });
    }
  });
});
