import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { ProcessorArgs } from "../../../components";
import { withDefaults } from "../../../components/args/ProcessorArgs";
import { backlogPerInstance, trackTarget } from "../../../components/processor/targetTracking";
import { record } from "../../support/record";

const processorOf = (options: Partial<ProcessorArgs> = {}) =>
  withDefaults({ name: "word-count", handler: "word-count", ...options }, "targetTracking");

const build = (options: Partial<ProcessorArgs> = {}) =>
  record(() => {
    const group = new aws.autoscaling.Group("group", { maxSize: 1, minSize: 0 });
    trackTarget(group, "group", { processor: processorOf(options), queueName: "jobs" }, group);
  });

interface Metric {
  id: string;
  returnData?: boolean;
  expression?: string;
  metricStat?: { metric: { metricName: string; dimensions: { value: string }[] } };
  metric?: { metricName: string; dimensions: Record<string, string> };
}

describe("trackTarget", () => {
  it("tracks the backlog per instance in service, and never scales in", async () => {
    const { inputs } = (await build({ slots: 4, secondsPerJob: 6 })).named("group-target");
    expect(inputs).to.include({ policyType: "TargetTrackingScaling", autoscalingGroupName: "group-1234567" });
    const configuration = inputs.targetTrackingConfiguration as {
      targetValue: number;
      disableScaleIn: boolean;
      customizedMetricSpecification: { metrics: Metric[] };
    };
    expect(configuration).to.deep.include({ targetValue: 44, disableScaleIn: true });
    const { metrics } = configuration.customizedMetricSpecification;
    const read = metrics.filter(({ metricStat }) => metricStat).map(({ metricStat }) => metricStat!.metric);
    expect(read.map(({ metricName, dimensions }) => [metricName, dimensions[0]!.value])).to.deep.equal([
      ["ApproximateNumberOfMessagesVisible", "jobs"],
      ["ApproximateNumberOfMessagesNotVisible", "jobs"],
      ["GroupInServiceInstances", "group-1234567"],
    ]);
    expect(metrics.filter(({ returnData }) => returnData).map(({ expression }) => expression)).to.deep.equal([
      "(visible + IF(inflight < instances * 4, inflight, instances * 4)) / instances",
    ]);
  });

  it("leaves zero by one instance when a job waits, and rests above", async () => {
    const { named } = await build();
    expect(named("group-leave-zero").inputs).to.deep.include({
      policyType: "StepScaling",
      adjustmentType: "ChangeInCapacity",
      stepAdjustments: [{ metricIntervalLowerBound: "0", scalingAdjustment: 1 }],
    });
    const { inputs } = named("group-waiting");
    expect(inputs).to.deep.include({
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: "GreaterThanOrEqualToThreshold",
      treatMissingData: "notBreaching",
      alarmActions: ["arn:aws:autoscaling:us-east-1:123456789012:group-leave-zero"],
    });
    const queries = inputs.metricQueries as Metric[];
    expect(queries.map(({ expression, metric }) => expression ?? metric!.metricName)).to.deep.equal([
      "ApproximateNumberOfMessagesVisible",
      "GroupDesiredCapacity",
      "IF(FILL(desired, 0) > 0, 0, visible)",
    ]);
  });

  it("aims at what an instance begins within the latency: its slots, and what follows on them", () => {
    expect(backlogPerInstance(processorOf({ slots: 2 }))).to.equal(14);
    expect(backlogPerInstance(processorOf({ slots: 2, targetLatencySeconds: 300, secondsPerJob: 60 }))).to.equal(12);
    expect(backlogPerInstance(processorOf({ slots: 2, secondsPerJob: 60_000 }))).to.be.within(2, 2.01);
    expect(backlogPerInstance(processorOf({ instanceTypes: ["c7g.2xlarge"], secondsPerJob: 60 }))).to.equal(16);
  });
});
