import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { slotsOf } from "./slotsOf";
import { ProcessorSettings } from "../args/ProcessorArgs";

/** Metrics of a group that its policies read; CloudWatch has them only if the group is set to send them. */
export const trackedMetrics: aws.autoscaling.Metric[] = ["GroupDesiredCapacity", "GroupInServiceInstances"];

/** Assumed job duration if it isn't configured, since nothing here learns it. */
const assumedSecondsPerJob = 10;

/** Time after which the metrics, of a minute each, include an instance that went into service. */
const warmupSeconds = 60;

/**
 * Scaling by CloudWatch's metrics and Auto Scaling's own policies: target tracking of the backlog per instance and,
 * since
 * that figure doesn't exist without an instance, an alarm for the step from zero. Neither lowers desired capacity: idle
 * workers do.
 */
export function trackTarget(
  group: aws.autoscaling.Group,
  groupName: string,
  args: { processor: ProcessorSettings; queueName: pulumi.Input<string>; tags?: aws.Tags },
  parent: pulumi.Resource,
): void {
  const { processor, queueName } = args;
  const slots = slotsOf(processor);
  const count = (id: string, metricName: string) => ({
    id,
    returnData: false,
    metricStat: {
      metric: { namespace: "AWS/SQS", metricName, dimensions: [{ name: "QueueName", value: queueName }] },
      stat: "Maximum",
      period: 60,
    },
  });
  new aws.autoscaling.Policy(
    `${groupName}-target`,
    {
      autoscalingGroupName: group.name,
      policyType: "TargetTrackingScaling",
      estimatedInstanceWarmup: warmupSeconds,
      targetTrackingConfiguration: {
        targetValue: backlogPerInstance(processor),
        disableScaleIn: true,
        customizedMetricSpecification: {
          metrics: [
            count("visible", "ApproximateNumberOfMessagesVisible"),
            count("inflight", "ApproximateNumberOfMessagesNotVisible"),
            {
              id: "instances",
              returnData: false,
              metricStat: {
                metric: {
                  namespace: "AWS/AutoScaling",
                  metricName: "GroupInServiceInstances",
                  dimensions: [{ name: "AutoScalingGroupName", value: group.name }],
                },
                stat: "Average",
                period: 60,
              },
            },
            {
              id: "backlog",
              label: "Backlog per instance",
              // Messages in flight beyond all slots are in backoff and don't count as work.
              expression: `(visible + IF(inflight < instances * ${slots}, inflight, instances * ${slots})) / instances`,
              returnData: true,
            },
          ],
        },
      },
    },
    { parent },
  );
  const leaveZero = new aws.autoscaling.Policy(
    `${groupName}-leave-zero`,
    {
      autoscalingGroupName: group.name,
      policyType: "StepScaling",
      adjustmentType: "ChangeInCapacity",
      estimatedInstanceWarmup: warmupSeconds,
      stepAdjustments: [{ metricIntervalLowerBound: "0", scalingAdjustment: 1 }],
    },
    { parent },
  );
  const metric = (
    id: string,
    namespace: string,
    metricName: string,
    dimensions: Record<string, pulumi.Input<string>>,
  ) => ({
    id,
    metric: { namespace, metricName, dimensions, stat: "Maximum", period: 60 },
  });
  new aws.cloudwatch.MetricAlarm(
    `${groupName}-waiting`,
    {
      alarmDescription: `Jobs of type ${processor.name} wait and there is no worker`,
      comparisonOperator: "GreaterThanOrEqualToThreshold",
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: "notBreaching",
      metricQueries: [
        metric("visible", "AWS/SQS", "ApproximateNumberOfMessagesVisible", { QueueName: queueName }),
        metric("desired", "AWS/AutoScaling", "GroupDesiredCapacity", { AutoScalingGroupName: group.name }),
        // Above zero the policy must not act: a lasting alarm repeats its action each minute.
        {
          id: "waiting",
          label: "Jobs without a worker",
          expression: "IF(FILL(desired, 0) > 0, 0, visible)",
          returnData: true,
        },
      ],
      alarmActions: [leaveZero.arn],
      tags: args.tags,
    },
    { parent },
  );
}

/**
 * Backlog per instance whose jobs end within the target latency; never fewer than an instance's concurrent jobs, or a
 * single long job would call for several instances.
 */
export function backlogPerInstance(processor: ProcessorSettings): number {
  const { targetLatencySeconds, secondsPerJob = assumedSecondsPerJob } = processor;
  return slotsOf(processor) * (1 + targetLatencySeconds / secondsPerJob);
}
