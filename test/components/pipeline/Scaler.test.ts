import { expect } from "chai";
import { BatchJobProcessor, type BatchJobProcessorArgs } from "../../../components";
import { record, type RecordedResource } from "../../support/record";

const wordCount = { name: "word-count", handler: "word-count" };
const build = (args: Partial<BatchJobProcessorArgs> = {}) =>
  record(() => new BatchJobProcessor("media", { processors: [wordCount], ...args }));

const statementsOf = ({ inputs }: RecordedResource) =>
  (JSON.parse(inputs.policy as string) as { Statement: { Sid: string }[] }).Statement;

describe("Scaler", () => {
  const { stackTraceLimit } = Error;
  before(() => (Error.stackTraceLimit = 1));
  after(() => (Error.stackTraceLimit = stackTraceLimit));

  it("runs each minute, and no run is repeated", async () => {
    const { named } = await build();
    expect(named("media-scaler-schedule").inputs.scheduleExpression).to.equal("rate(1 minute)");
    expect(named("media-scaler-target").inputs.arn).to.include("media-scaler-minute");
    const never = { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 };
    expect(named("media-scaler-minute-once").inputs).to.include({ ...never, qualifier: "minute" });
    expect(named("media-scaler-once").inputs).to.include(never).and.not.have.property("qualifier");
    expect(named("media-scaler-invoke").inputs).to.include({
      principal: "events.amazonaws.com",
      sourceArn: "arn:aws:cloudwatch:us-east-1:123456789012:media-scaler-schedule",
    });
    expect(named("media-scaler-scaler-function").inputs).to.deep.include({
      timeout: 60,
      environment: {
        variables: { TYPE_TABLE: "media-tables-types-1234567", FLEET_TABLE: "media-tables-fleets-1234567" },
      },
    });
  });

  it("may read types, keep fleet items, describe groups, and act on groups that carry its tag", async () => {
    const { named } = await build();
    const table = "arn:aws:dynamodb:us-east-1:123456789012:media-tables";
    expect(statementsOf(named("media-scaler-scaler-policy")).slice(0, -1)).to.deep.equal([
      {
        Effect: "Allow",
        Sid: "ReadJobTypes",
        Action: ["dynamodb:GetItem", "dynamodb:Scan"],
        Resource: `${table}-types`,
      },
      {
        Effect: "Allow",
        Sid: "KeepFleetItems",
        Action: ["dynamodb:Query", "dynamodb:UpdateItem"],
        Resource: `${table}-fleets`,
      },
      {
        Effect: "Allow",
        Sid: "DescribeGroups",
        Action: ["autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeScalingActivities"],
        Resource: "*",
      },
      {
        Effect: "Allow",
        Sid: "ScaleGroups",
        Action: ["autoscaling:SetDesiredCapacity", "autoscaling:SetInstanceHealth"],
        Resource: "arn:aws:autoscaling:us-east-1:*:autoScalingGroup:*:autoScalingGroupName/*",
        Condition: {
          StringLike: { "autoscaling:ResourceTag/batch-job-processor-fleet": "media-tables-fleets-1234567/*" },
        },
      },
    ]);
  });

  it("is allowed by each queue to count its jobs, and nothing else", async () => {
    const { named } = await build();
    const jobs = statementsOf(named("media-word-count-queue-jobs-policy"));
    expect(jobs.find(({ Sid }) => Sid === "CountJobs")).to.deep.equal({
      Sid: "CountJobs",
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam:us-east-1:123456789012:media-scaler-scaler-role" },
      Action: ["sqs:GetQueueAttributes"],
      Resource: "arn:aws:sqs:us-east-1:123456789012:media-word-count-queue-jobs",
    });
    const deadLetters = statementsOf(named("media-word-count-queue-dead-letters-policy"));
    expect(deadLetters.map(({ Sid }) => Sid)).not.to.include("CountJobs");
  });

  it("keeps its figures in a table of its own, whose items expire", async () => {
    const { named } = await build();
    expect(named("media-tables-fleets").inputs).to.deep.include({
      hashKey: "type",
      rangeKey: "item",
      billingMode: "PAY_PER_REQUEST",
      serverSideEncryption: { enabled: true },
      ttl: { attributeName: "expiresAt", enabled: true },
    });
  });

  it("is nudged by the router, which may invoke no other function", async () => {
    const { named } = await build();
    expect(named("media-router-router-function").inputs.environment).to.deep.nested.include({
      "variables.SCALER_FUNCTION": "media-scaler-scaler-function-1234567",
    });
    expect(statementsOf(named("media-router-router-policy"))).to.deep.include({
      Effect: "Allow",
      Sid: "NudgeScaler",
      Action: ["lambda:InvokeFunction"],
      Resource: "arn:aws:lambda:us-east-1:123456789012:media-scaler-scaler-function",
    });
  });

  it("is read by the front end, which shows why workers don't start", async () => {
    const { named } = await build();
    expect(named("media-api-frontend-function").inputs.environment).to.deep.nested.include({
      "variables.FLEET_TABLE": "media-tables-fleets-1234567",
    });
    expect(statementsOf(named("media-api-frontend-policy"))).to.deep.include({
      Effect: "Allow",
      Sid: "ReadFleets",
      Action: ["dynamodb:BatchGetItem"],
      Resource: "arn:aws:dynamodb:us-east-1:123456789012:media-tables-fleets",
    });
  });

  it("sees a type only once its queue's policy and its groups exist", async () => {
    const { named } = await build();
    const { dependencies } = named("media-word-count-type").options;
    for (const [name, type] of [
      ["media-word-count-queue-jobs-policy", "aws:sqs/queuePolicy:QueuePolicy"],
      ["media-word-count-queue-redrive-allow", "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy"],
      ["media-word-count-fleet-group", "aws:autoscaling/group:Group"],
      ["media-word-count-fleet-lifecycle-policy", "aws:iam/rolePolicy:RolePolicy"],
    ] as const) {
      expect(
        dependencies.some((urn) => urn.endsWith(`${type}::${name}`)),
        name,
      ).to.equal(true);
    }
  });

  it("gets a type's slots, prefetch and figures", async () => {
    const processor = { ...wordCount, instanceTypes: ["c7g.2xlarge"], prefetch: 4, targetLatencySeconds: 30 };
    const { named } = await build({
      processors: [processor, { ...processor, name: "configured", slots: 3, secondsPerJob: 2.5 }],
    });
    const fleetOf = (name: string) => {
      const item = JSON.parse(named(name).inputs.item as string) as { fleet: { S: string } };
      return JSON.parse(item.fleet.S) as unknown;
    };
    expect(fleetOf("media-word-count-type")).to.deep.equal({
      groupName: "media-word-count-fleet-group-1234567",
      slots: 8,
      prefetch: 4,
      targetLatencySeconds: 30,
    });
    expect(fleetOf("media-configured-type")).to.deep.include({ slots: 3, secondsPerJob: 2.5 });
  });
});
