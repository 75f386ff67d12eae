import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type ComponentSums, metricNamespace } from "../../contract/metrics";
import { type AlarmsArgs } from "../args/AlarmsArgs";
import { type BatchJobProcessorArgs } from "../args/BatchJobProcessorArgs";
import { type BudgetArgs } from "../args/BudgetArgs";
import { defaults } from "../args/defaults";
import { createTopic } from "../aws/createTopic";
import { type DeployTarget } from "../aws/DeployTarget";
import { type EachMinute } from "./eachMinute";
import { type JobApi } from "./JobApi";
import { type JobOperator } from "./JobOperator";
import { type JobRepair } from "./JobRepair";
import { type JobRouter } from "./JobRouter";
import { type Scaler } from "./Scaler";

export type JobAlarmsArgs = Pick<BatchJobProcessorArgs, "kmsKey" | "tags"> & {
  alarms: AlarmsArgs;
  budget: BudgetArgs | undefined;
  /** Name under which `operator` writes the sums. */
  component: string;
  router: JobRouter;
  scaler: Scaler;
  repair: JobRepair;
  operator: JobOperator;
  api: JobApi;
  target: DeployTarget;
};

/** An alarm, but for its name and its actions. */
interface Alarm {
  /** Text of what happened and what to look at, with the section of docs/operations.md. */
  description: string;
  metrics: Record<string, Metric>;
  /** Metric math over the metrics. @default - the only metric */
  expression?: string;
  /** Fires if the value is greater. */
  threshold: number;
  /** Periods in a row. @default 1 */
  periods?: number;
  missing: "ignore" | "notBreaching" | "missing";
}

/** Sums on which there are alarms. */
export const alarmSums = ["DeadLetters", "StalledSeconds", "LaunchProblems"] satisfies (keyof ComponentSums)[];

/** The sum that a budget's alarm and the dashboard read. */
export const budgetSums = ["DollarsToday"] satisfies (keyof ComponentSums)[];

type Metric = aws.types.input.cloudwatch.MetricAlarmMetricQueryMetric;

/**
 * The alarms of a component. They watch sums over its types, so that neither their number nor their price grows with
 * it: CloudWatch bills each metric of an alarm.
 */
export class JobAlarms extends pulumi.ComponentResource {
  constructor(name: string, args: JobAlarmsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("batch-job-processor:index:JobAlarms", name, {}, opts);
    const { tags, alarms } = args;
    const mailed = alarms.email === undefined ? [] : [this.createTopic(name, alarms.email, args).arn];
    const topics = [...(alarms.topicArn === undefined ? [] : [alarms.topicArn]), ...mailed];
    for (const [what, alarm] of Object.entries(alarmsOf(args))) {
      const { description, metrics, expression, threshold, periods = 1, missing } = alarm;
      const queries = Object.entries(metrics).map(([id, metric]) => ({ id, metric, returnData: !expression }));
      new aws.cloudwatch.MetricAlarm(
        `${name}-${what}`,
        {
          alarmDescription: description,
          metricQueries: expression ? [...queries, { id: "value", expression, returnData: true }] : queries,
          comparisonOperator: "GreaterThanThreshold",
          ...{ threshold, evaluationPeriods: periods, treatMissingData: missing },
          alarmActions: topics,
          okActions: topics,
          // An alarm begins without data: only one that had some says that they stay out.
          insufficientDataActions: missing === "missing" ? topics : undefined,
          tags,
        },
        { parent: this },
      );
    }
    this.registerOutputs();
  }

  private createTopic(name: string, endpoint: pulumi.Input<string>, args: JobAlarmsArgs): aws.sns.Topic {
    const child = { parent: this };
    const { kmsKey, tags } = args;
    const { partition, region, account } = args.target;
    const sourceArn = pulumi.interpolate`arn:${partition}:cloudwatch:${region}:${account}:alarm:${name}-*`;
    const topic = createTopic(
      `${name}-topic`,
      { publisher: { sid: "SendAlarms", service: "cloudwatch.amazonaws.com", sourceArn }, kmsKey, tags },
      child,
    );
    new aws.sns.TopicSubscription(`${name}-email`, { topic: topic.arn, protocol: "email", endpoint }, child);
    return topic;
  }
}

/** The alarms by the ends of their names. */
function alarmsOf(args: JobAlarmsArgs): Record<string, Alarm> {
  const { router, scaler, repair, operator, api } = args;
  return {
    ...alarmsOnJobs(args),
    stray: strayAlarm(router),
    api: apiAlarm(api),
    scaler: minuteAlarm(scaler.minute, "The scaler doesn't raise fleets: jobs wait for workers."),
    repair: minuteAlarm(repair.minute, "The repair function doesn't route what the router failed at."),
    sums: minuteAlarm(
      operator.minute!,
      "The function operator writes no sums: the alarms dead-letters, stalled and no-workers see nothing new.",
    ),
  };
}

/** The alarms on sums that `operator` writes. */
function alarmsOnJobs({ alarms, budget, component }: JobAlarmsArgs): Record<string, Alarm> {
  const { deadLetters, stalledSeconds } = { ...defaults.alarms, ...alarms };
  const sum = (metricName: keyof ComponentSums, stat: string, period: number): Metric => {
    return { namespace: metricNamespace, metricName, dimensions: { Component: component }, stat, period };
  };
  return {
    "dead-letters": {
      description: `Jobs failed for good: at least ${deadLetters} more dead letters than five minutes ago. GET /types says of which types, GET /failures why. ${see("dead-letters")}`,
      metrics: { letters: sum("DeadLetters", "Maximum", 300) },
      ...{ expression: "DIFF(letters)", threshold: deadLetters - 1, missing: "ignore" },
    },
    stalled: {
      description: `Jobs of a type have waited for more than ${stalledSeconds} s, with no worker at a job of it. GET /types shows the type by its waiting jobs and idle slots. ${see("jobs-wait-and-none-starts")}`,
      metrics: { seconds: sum("StalledSeconds", "Maximum", 60) },
      ...{ threshold: stalledSeconds, missing: "ignore" },
    },
    "no-workers": {
      description: `Jobs wait, and no instance of their type could be launched, or its worker did not start, for three minutes. GET /types shows the type and its launchProblem. ${see("no-worker-starts")}`,
      metrics: { types: sum("LaunchProblems", "Minimum", 180) },
      ...{ threshold: 0, missing: "ignore" },
    },
    ...(budget && {
      budget: {
        description: `The types' instances have cost more than $${budget.dollarsPerDay} since midnight UTC, idle ones included. No job is stopped. GET /usage?per=day shows which ones. ${see("the-budget-is-spent")}`,
        metrics: { dollars: sum("DollarsToday", "Maximum", 60) },
        ...{ threshold: budget.dollarsPerDay, missing: "ignore" as const },
      },
    }),
  };
}

function strayAlarm({ unroutableQueue, failureQueue, undeliveredQueue }: JobRouter): Alarm {
  const visible = ({ name }: aws.sqs.Queue): Metric => ({
    ...{ namespace: "AWS/SQS", metricName: "ApproximateNumberOfMessagesVisible", dimensions: { QueueName: name } },
    ...{ stat: "Maximum", period: 300 },
  });
  return {
    description: `A job reached no type's queue: it is in the queue of the output unroutableQueueUrl, routerFailureQueueUrl or undeliveredQueueUrl. ${see("unroutable-jobs")}`,
    metrics: {
      unroutable: visible(unroutableQueue),
      failures: visible(failureQueue),
      undelivered: visible(undeliveredQueue),
    },
    // SQS measures no queue that was unused for hours.
    expression: "SUM([FILL(unroutable, 0), FILL(failures, 0), FILL(undelivered, 0)])",
    ...{ threshold: 0, missing: "notBreaching" },
  };
}

function apiAlarm({ apiId }: JobApi): Alarm {
  const requests = (metricName: string): Metric => {
    return { namespace: "AWS/ApiGateway", metricName, dimensions: { ApiId: apiId }, stat: "Sum", period: 300 };
  };
  return {
    description: `The API answered more than 1 %, and at least five, of the requests of five minutes with 5xx: clients could not submit jobs or read states. ${see("the-api-fails")}`,
    metrics: { failed: requests("5xx"), all: requests("Count") },
    expression: "IF(failed >= 5, 100 * failed / all, 0)",
    ...{ threshold: 1, missing: "notBreaching" },
  };
}

/** An alarm on a function's runs of each minute. */
function minuteAlarm({ rule, alias: { functionName, name } }: EachMinute, purpose: string): Alarm {
  const dimensions = { FunctionName: functionName, Resource: pulumi.interpolate`${functionName}:${name}` };
  const sums = { stat: "Sum", period: 60 };
  const ofRuns = (metricName: string) => ({ namespace: "AWS/Lambda", metricName, dimensions, ...sums });
  const ofRule = { namespace: "AWS/Events", metricName: "Invocations", dimensions: { RuleName: rule.name }, ...sums };
  return {
    description: `${purpose} For five minutes its schedule has called it in vain, or each run failed (ALARM), or the schedule itself stands still (INSUFFICIENT_DATA). ${see("a-run-of-the-minute-fails")}`,
    metrics: { runs: ofRuns("Invocations"), errors: ofRuns("Errors"), calls: ofRule },
    // Zero if the rule called and no run succeeded. A function that never ran has no metric, and a new alarm no data:
    // the rule's calls, denied ones too, tell one from the other. By zero, CloudWatch divides to no value.
    expression: "FILL(errors - runs, 0) / FILL(calls, 0)",
    ...{ threshold: leastShare, periods: 5, missing: "missing" },
  };
}

/** Between minus zero and minus the share that one run has in those of a period. */
const leastShare = -0.01;

function see(section: string): string {
  return `What to do: docs/operations.md#${section}`;
}
