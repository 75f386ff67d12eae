import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type ComponentSums, metricNamespace } from "../../contract/metrics";
import { type Metrics } from "../args/choices";
import { type DeployTarget } from "../aws/DeployTarget";
import { json } from "../pulumi/json";
import { queries } from "./dashboardQueries";
import { type JobApi } from "./JobApi";
import { type JobRouter } from "./JobRouter";

/** A type's resources that have metrics or logs. */
export interface WatchedType {
  type: string;
  queue: { queue: aws.sqs.Queue; deadLetterQueue: aws.sqs.Queue };
  fleet: { group: aws.autoscaling.Group; onDemandGroup?: aws.autoscaling.Group; logGroup: aws.cloudwatch.LogGroup };
}

export interface JobDashboardArgs {
  /** Name of the component in metrics: `project/stack/name`. */
  component: string;
  /** Dimension of the workers' metrics. */
  metrics: Exclude<Metrics, "off">;
  types: WatchedType[];
  router: JobRouter;
  api: JobApi;
  /** By their names on the dashboard. */
  functions: Record<string, aws.lambda.Function>;
  logGroup: aws.cloudwatch.LogGroup;
  target: DeployTarget;
}

type Text = pulumi.Input<string>;

/** A metric of a widget: namespace, name, dimensions by name and value, and its label. */
type Line = [...Text[], { label: string; stat?: string }];

/** Log groups of one query, at most ("StartQuery", Amazon CloudWatch Logs API Reference). */
const maxLogGroups = 50;

/** A dashboard of the component's jobs, and saved queries of its logs, one for each question of docs/operations.md. */
export class JobDashboard extends pulumi.ComponentResource {
  constructor(name: string, args: JobDashboardArgs, opts?: pulumi.ComponentResourceOptions) {
    super("batch-job-processor:index:JobDashboard", name, {}, opts);
    const { component, types, logGroup, target } = args;
    const widgets = Object.entries(linesOf(args)).map(([title, { stat, lines }], index) => ({
      ...{ type: "metric", x: (index % 3) * 8, y: Math.floor(index / 3) * 6, width: 8, height: 6 },
      properties: { title, region: target.region, view: "timeSeries", period: 60, stat, metrics: lines },
    }));
    new aws.cloudwatch.Dashboard(
      `${name}-board`,
      { dashboardName: component.replace(/[^\w-]+/g, "-"), dashboardBody: json({ widgets }) },
      { parent: this },
    );
    const groups = [logGroup.name, ...types.map(({ fleet }) => fleet.logGroup.name)];
    for (const [question, queryString] of Object.entries(queries)) {
      new aws.cloudwatch.QueryDefinition(
        `${name}-${question.toLowerCase().replaceAll(" ", "-")}`,
        { name: `${component}/${question}`, queryString, logGroupNames: groups.slice(0, maxLogGroups) },
        { parent: this },
      );
    }
    this.registerOutputs();
  }
}

/** Metrics by widget. */
function linesOf(args: JobDashboardArgs): Record<string, { stat: string; lines: Line[] }> {
  const { component, types, router, api, functions } = args;
  const dollars: keyof ComponentSums = "DollarsToday";
  const ofQueues = (metric: string, queue: keyof WatchedType["queue"] = "queue"): Line[] =>
    types.map((watched) => queueLine(metric, watched.queue[queue], watched.type));
  const ofJobs = (metric: string): Line[] => jobLines(metric, args);
  const ofFunctions = (metric: string): Line[] =>
    Object.entries(functions).map(([label, { name }]) => [
      ...(["AWS/Lambda", metric, "FunctionName", name] as const),
      { label: `${label} ${metric}` },
    ]);
  const ofApi = (metric: string, stat = "Sum"): Line => {
    return ["AWS/ApiGateway", metric, "ApiId", api.apiId, { label: metric, stat }];
  };
  const { topic, unroutableQueue, failureQueue, undeliveredQueue } = router;
  const accepted: Line = ["AWS/SNS", "NumberOfMessagesPublished", "TopicName", topic.name, { label: "accepted" }];
  const strays = { unroutable: unroutableQueue, "router failures": failureQueue, undelivered: undeliveredQueue };
  const ofStrays = Object.entries(strays).map(([label, queue]) => queueLine(visible, queue, label));
  return {
    "Accepted jobs": { stat: "Sum", lines: [accepted] },
    "Waiting jobs": { stat: "Maximum", lines: ofQueues(visible) },
    "Running jobs, and those in backoff": { stat: "Maximum", lines: ofQueues("ApproximateNumberOfMessagesNotVisible") },
    "Failed and retried jobs": { stat: "Sum", lines: [...ofJobs("JobsFailed"), ...ofJobs("JobsRetried")] },
    "Wait time, 90 % of jobs below": { stat: "p90", lines: ofJobs("WaitTime") },
    "Run time, 90 % of attempts below": { stat: "p90", lines: ofJobs("RunTime") },
    "Instances in service": { stat: "Maximum", lines: types.flatMap(instanceLines) },
    "Dead letters, and stray jobs": {
      stat: "Maximum",
      lines: [...ofQueues(visible, "deadLetterQueue"), ...ofStrays],
    },
    "Dollars of instances since midnight UTC": {
      stat: "Maximum",
      lines: [[metricNamespace, dollars, "Component", component, { label: "all types" }]],
    },
    Functions: { stat: "Sum", lines: ["Invocations", "Errors", "Throttles"].flatMap(ofFunctions) },
    API: { stat: "Sum", lines: [ofApi("Count"), ofApi("4xx"), ofApi("5xx"), ofApi("Latency", "p90")] },
  };
}

const visible = "ApproximateNumberOfMessagesVisible";

function queueLine(metric: string, { name }: aws.sqs.Queue, label: string): Line {
  return ["AWS/SQS", metric, "QueueName", name, { label }];
}

/** A metric that the workers write: one of the component, or one of each type. */
function jobLines(metric: string, { component, metrics, types }: JobDashboardArgs): Line[] {
  if (metrics === "component") return [[metricNamespace, metric, "Component", component, { label: metric }]];
  return types.map(({ type, queue }) => {
    return [metricNamespace, metric, "Type", type, "QueueName", queue.queue.name, { label: `${type} ${metric}` }];
  });
}

/** Numbers of a type's instances, by group. */
function instanceLines({ type, fleet: { group, onDemandGroup } }: WatchedType): Line[] {
  return [group, ...(onDemandGroup ? [onDemandGroup] : [])].map(({ name }, index) => {
    const label = index === 0 ? type : `${type} on demand`;
    return ["AWS/AutoScaling", groupMetric, "AutoScalingGroupName", name, { label }];
  });
}

/** Metric that a group has only on request; it costs nothing. */
export const groupMetric = "GroupInServiceInstances";
