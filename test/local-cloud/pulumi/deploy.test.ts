import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import * as aws from "@pulumi/aws";
import * as awsx from "@pulumi/awsx";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { readStackConfig } from "../../../local-cloud/program/stackConfig";
import { codeFunction } from "../programs";
import { receive, rejection, startTestCloud, type TestCloud } from "../support";

describe("deploy", () => {
  const started: TestCloud[] = [];
  async function start(): Promise<TestCloud> {
    const test = await startTestCloud();
    started.push(test);
    return test;
  }
  afterEach(async () => {
    await Promise.all(started.splice(0).map((test) => test.stop()));
  });

  async function expectStopped(test: TestCloud): Promise<void> {
    expect((await rejection(fetch(test.cloud.endpoint))).message).to.equal("fetch failed");
  }

  it("resolves outputs to plain values, secrets and configuration included", async () => {
    const test = await start();
    const outputs = await test.up(
      () => {
        const password = pulumi.secret("hidden");
        const queue = new aws.sqs.Queue("q", { tags: { password } });
        return { nested: { tags: queue.tags }, list: [queue.name], level: new pulumi.Config().requireObject("level") };
      },
      { "test:level": JSON.stringify({ deep: [1] }) },
    );
    expect(outputs).to.deep.include({ nested: { tags: { password: "hidden" } }, level: { deep: [1] } });
    expect((outputs.list as string[])[0]).to.match(/^q-/);
  });

  it("creates tables with items, buckets with objects, and answers function calls", async () => {
    const test = await start();
    const outputs = await test.up(async () => {
      const table = new aws.dynamodb.Table("t", { hashKey: "k", attributes: [{ name: "k", type: "S" }] });
      const item = JSON.stringify({ k: { S: "key" }, v: { N: "1" } });
      new aws.dynamodb.TableItem("i", { tableName: table.name, hashKey: "k", item });
      const bucket = new aws.s3.Bucket("Data".toLowerCase());
      new aws.s3.BucketPublicAccessBlock("block", { bucket: bucket.id });
      const source = new pulumi.asset.StringAsset("text");
      new aws.s3.BucketObject("o", { bucket: bucket.id, key: "a folder/ä.txt", source });
      const vpc = new awsx.ec2.Vpc("vpc", {});
      const image = new awsx.ecr.Image("image", { repositoryUrl: new awsx.ecr.Repository("r", {}).url });
      const identity = await aws.getCallerIdentity();
      const region = aws.getRegionOutput().region;
      const subnets = vpc.publicSubnetIds.apply((ids) => ids.length);
      const ami = aws.ssm.getParameterOutput({ name: "/aws/service/image_id" }).value;
      const names = { table: table.name, bucket: bucket.id };
      return { ...names, account: identity.accountId, region, subnets, image: image.imageUri, ami };
    });
    expect(outputs).to.include({ account: "000000000000", region: "us-east-1", subnets: 2 });
    expect(outputs.image).to.match(/\.dkr\.ecr\..*@sha256:/);
    const key = { TableName: String(outputs.table), Key: { k: { S: "key" } } };
    expect((await test.dynamodb.send(new GetItemCommand(key))).Item!.v).to.deep.equal({ N: "1" });
    const at = { Bucket: String(outputs.bucket), Key: "a folder/ä.txt" };
    expect(await (await test.s3.send(new GetObjectCommand(at))).Body!.transformToString()).to.equal("text");
    const large = { Bucket: String(outputs.bucket), Key: "large", Body: Buffer.alloc(15 * 1_024 * 1_024, 7) };
    await test.s3.send(new PutObjectCommand(large));
    const read = await test.s3.send(new GetObjectCommand({ Bucket: large.Bucket, Key: "large" }));
    expect(Buffer.compare(Buffer.from(await read.Body!.transformToByteArray()), large.Body)).to.equal(0);
  });

  it("creates tables with a sort key, and lets their time to live be", async () => {
    const test = await start();
    const { name } = await test.up(() => {
      const attributes = [{ name: "type", type: "S" }, { name: "item", type: "S" }]; // prettier-ignore
      const ttl = { attributeName: "expiresAt", enabled: true };
      const table = new aws.dynamodb.Table("fleets", { hashKey: "type", rangeKey: "item", attributes, ttl });
      const item = (key: string) => JSON.stringify({ type: { S: "a" }, item: { S: key }, expiresAt: { N: "1" } });
      const keys = { tableName: table.name, hashKey: "type", rangeKey: "item" };
      for (const key of ["fleet", "i-1"]) new aws.dynamodb.TableItem(key, { ...keys, item: item(key) });
      return { name: table.name };
    });
    const { Items } = await test.dynamodb.send(
      new QueryCommand({
        ...{ TableName: String(name), KeyConditionExpression: "#type = :type" },
        ...{ ExpressionAttributeNames: { "#type": "type" }, ExpressionAttributeValues: { ":type": { S: "a" } } },
      }),
    );
    expect(Items!.map(({ item }) => item!.S)).to.deep.equal(["fleet", "i-1"]);
  });

  it("knows the network's resources", async () => {
    const test = await start();
    const outputs = await test.up(() => {
      const vpc = new awsx.ec2.Vpc("vpc", { natGateways: { strategy: "None" } });
      const group = new aws.ec2.SecurityGroup("group", { vpcId: vpc.vpcId });
      const rule = { securityGroupId: group.id, ipProtocol: "tcp", fromPort: 443, toPort: 443, cidrIpv4: "10.0.0.0/8" };
      const ingress = new aws.vpc.SecurityGroupIngressRule("in", rule);
      const endpoint = new aws.ec2.VpcEndpoint("sqs", { vpcId: vpc.vpcId, serviceName: "com.amazonaws.us-east-1.sqs" });
      const alarm = new aws.cloudwatch.MetricAlarm("alarm", {
        ...{ comparisonOperator: "GreaterThanThreshold", evaluationPeriods: 1, threshold: 0 },
        ...{ namespace: "AWS/RDS", metricName: "FreeStorageSpace", statistic: "Minimum", period: 300 },
      });
      return { ids: [group.id, ingress.id, endpoint.id], alarm: alarm.arn, subnets: vpc.privateSubnetIds };
    });
    expect((outputs.ids as string[]).map((id) => id.replace(/-\w+$/, ""))).to.deep.equal(["sg", "sgr", "vpce"]);
    expect(outputs.alarm).to.match(/^arn:aws:cloudwatch:us-east-1:000000000000:alarm:alarm-/);
    expect(outputs.subnets).to.have.length(2);
    expect(test.cloud.alarms.list()).to.have.length(1);
    const lines = test.logs.map(({ line }) => line).filter((line) => line.includes("has no data here"));
    expect(lines[0]).to.match(
      /^alarm-\w+ has no data here: nothing in the local cloud measures FreeStorageSpace of AWS\/RDS$/,
    );
  });

  it("refuses an alarm that it can't evaluate, by its input", async () => {
    const one = {
      ...{ comparisonOperator: "GreaterThanThreshold", evaluationPeriods: 1, threshold: 0, period: 60 },
      ...{ namespace: "AWS/SQS", metricName: "ApproximateNumberOfMessagesVisible", statistic: "Sum" },
    };
    const expression = { id: "e", expression: "ANOMALY_DETECTION_BAND(m)", returnData: true };
    const alarms: [aws.cloudwatch.MetricAlarmArgs, string][] = [
      [{ ...one, statistic: undefined, extendedStatistic: "p90" }, "Expected `statistic` as one of"],
      [{ ...one, comparisonOperator: "LessThanLowerThreshold" }, "Expected `comparisonOperator` as one of"],
      [{ ...one, metricQueries: [expression] }, "Expected one of DIFF, FILL, IF, MAX, MIN, SUM in the metric math"],
    ];
    for (const [args, message] of alarms) {
      const test = await start();
      await rejection(test.up(() => void new aws.cloudwatch.MetricAlarm("a", args))).then((error) =>
        expect(error.message).to.include(message),
      );
    }
  });

  it("runs two programs in turn", async () => {
    const program = () => ({ url: new aws.sqs.Queue("q", { name: "same" }).url });
    for (const test of [await start(), await start()]) {
      const { url } = await test.up(program);
      await test.sqs.send(new SendMessageCommand({ QueueUrl: String(url), MessageBody: "x" }));
      expect((await receive(test.sqs, String(url))).Body).to.equal("x");
    }
  });

  it("names a resource that can't be made, stops the cloud, and can start over", async () => {
    const test = await start();
    const error = await rejection(
      test.up(() => {
        const topic = new aws.sns.Topic("river", { name: "no spaces" });
        const queue = new aws.sqs.Queue("after", { name: topic.name });
        return { url: queue.url, shouted: topic.arn.apply((arn) => arn.toUpperCase()) };
      }),
    );
    expect(error.message).to.contain("river (aws:sns/topic:Topic)").and.contain("no spaces");
    await expectStopped(test);
    const { name } = await (await start()).up(() => ({ name: new aws.sqs.Queue("q", { name: "fine" }).name }));
    expect(name).to.equal("fine");
  });

  it("names an unknown function call", async () => {
    const test = await start();
    const error = await rejection(test.up(async () => ({ key: (await aws.kms.getAlias({ name: "alias/x" })).arn })));
    expect(error.message).to.contain("aws:kms/getAlias:getAlias");
    await expectStopped(test);
  });

  const failures: [string, () => unknown][] = [
    [
      "a program that throws",
      () => {
        throw new Error("the reason");
      },
    ],
    ["a program that rejects", () => Promise.reject(new Error("the reason"))],
    [
      "a callback that throws",
      () => {
        new aws.sqs.Queue("q").arn.apply(() => {
          throw new Error("the reason");
        });
      },
    ],
    [
      "an output that fails",
      () => ({
        out: new aws.sqs.Queue("q").arn.apply(() => {
          throw new Error("the reason");
        }),
      }),
    ],
    [
      "a component that throws",
      () => {
        class C extends pulumi.ComponentResource {
          constructor() {
            super("my:index:C", "c");
            throw new Error("the reason");
          }
        }
        new C();
      },
    ],
  ];
  for (const [what, program] of failures) {
    it(`reports ${what}`, async () => {
      const test = await start();
      expect((await rejection(test.up(program))).message).to.contain("the reason");
      await expectStopped(test);
    });
  }

  it("reports an error of AWS with the resource", async () => {
    const test = await start();
    const error = await rejection(test.up(() => void new aws.sqs.Queue("q", { delaySeconds: 901 })));
    expect(error.message).to.contain("q (aws:sqs/queue:Queue)").and.contain("DelaySeconds");
  });

  it("runs code from a folder with a space in its path", async () => {
    const folder = mkdtempSync(join(tmpdir(), "with space "));
    try {
      writeFileSync(join(folder, "part.js"), "exports.word = 'spaced';");
      const test = await start();
      const { name } = await test.up(() => {
        const index = new pulumi.asset.StringAsset("exports.handler = async () => require('./lib/part').word;");
        const archive = new pulumi.asset.AssetArchive({
          "__index.js": index,
          lib: new pulumi.asset.FileArchive(folder),
        });
        return { name: codeFunction("spaced", "", { code: archive }).name };
      });
      expect((await test.cloud.lambdas.invoke(String(name), "{}")).payload).to.equal('"spaced"');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("readStackConfig", () => {
  const folder = mkdtempSync(join(tmpdir(), "stack "));
  const file = join(folder, "Pulumi.dev.yaml");
  after(() => rmSync(folder, { recursive: true }));

  it("hands over texts as they are and the rest as JSON", () => {
    writeFileSync(file, "config:\n  p:text: a\n  p:number: 3\n  p:flag: true\n  p:list:\n    - name: x\n");
    const config = { "p:text": "a", "p:number": "3", "p:flag": "true", "p:list": '[{"name":"x"}]' };
    expect(readStackConfig(file, "p")).to.deep.equal(config);
  });

  it("takes a key without a namespace for the project's", () => {
    writeFileSync(file, "config:\n  text: a\n  aws:region: b\n");
    expect(readStackConfig(file, "p")).to.deep.equal({ "p:text": "a", "aws:region": "b" });
  });

  it("refuses encrypted values, wherever they are", () => {
    writeFileSync(file, "config:\n  p:deep:\n    inner:\n      secure: v1:abc\n");
    expect(() => readStackConfig(file, "p")).to.throw(/p:deep is encrypted/);
  });
});
