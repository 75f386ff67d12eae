import { isObject } from "../../../contract/check";
import { type AlarmSettings, comparisons } from "../../cloudWatch/alarms";
import { type MetricName, type Statistic, statistics } from "../../cloudWatch/metrics";
import { optionalNumber, optionalText, type Properties, text } from "../../properties";
import { arnOf, physicalName, putHandler, type ResourceHandler, type ResourceHandlers } from "../resource";

const metricAlarm = putHandler(
  (inputs, context, before) => {
    const { cloud } = context;
    const name = before?.id ?? physicalName(inputs, context);
    const arn = arnOf(cloud, "cloudwatch", `alarm:${name}`);
    const settings = settingsOf(inputs, name, arn);
    cloud.alarms.put(settings);
    for (const { namespace, metricName } of Object.values(settings.metrics)) {
      if (measured[namespace]?.includes(metricName) ?? !namespace.startsWith("AWS/")) continue;
      const line = `${name} has no data here: nothing in the local cloud measures ${metricName} of ${namespace}`;
      cloud.log({ source: "cloud", name: "alarm", stream: "stderr", line });
    }
    return { id: name, state: { ...inputs, name, arn } };
  },
  (id, _state, { cloud }) => cloud.alarms.delete(id),
);

/** AWS's own metrics that the local cloud measures. */
const measured: Record<string, string[]> = {
  "AWS/SQS": ["ApproximateNumberOfMessagesVisible"],
  "AWS/ApiGateway": ["Count", "4xx", "5xx"],
  "AWS/Lambda": ["Invocations", "Errors"],
  "AWS/Events": ["Invocations"],
};

const missingData = ["missing", "ignore", "breaching", "notBreaching"] as const;

/** @throws Error that names an input that can't be evaluated here */
export function settingsOf(inputs: Properties, name: string, arn: string): AlarmSettings {
  const { metrics, expression } = queriesOf(inputs);
  const evaluationPeriods = optionalNumber(inputs, "evaluationPeriods") ?? 1;
  const topics = (key: string) => (Array.isArray(inputs[key]) ? inputs[key].map(String) : []);
  return {
    ...{ name, arn, metrics, expression, evaluationPeriods },
    description: optionalText(inputs, "alarmDescription") ?? "",
    comparison: oneOf(inputs.comparisonOperator, "comparisonOperator", Object.keys(comparisons)) as never,
    threshold: optionalNumber(inputs, "threshold") ?? refuse("threshold", "a number", inputs.threshold),
    datapointsToAlarm: optionalNumber(inputs, "datapointsToAlarm") ?? evaluationPeriods,
    missing: oneOf(inputs.treatMissingData ?? "missing", "treatMissingData", missingData),
    actions: {
      ...{ ALARM: topics("alarmActions"), OK: topics("okActions") },
      INSUFFICIENT_DATA: topics("insufficientDataActions"),
    },
  };
}

/** Metrics and what is computed of them: of an alarm on one metric, or on queries of which one returns data. */
function queriesOf(inputs: Properties): Pick<AlarmSettings, "metrics" | "expression"> {
  const queries = (inputs.metricQueries ?? []) as Properties[];
  if (queries.length === 0) return { metrics: { m: metricOf(inputs, inputs.statistic) }, expression: "m" };
  const shown = queries.find(({ returnData }) => returnData === true) ?? {};
  const metrics = queries.flatMap(({ id, metric }) =>
    isObject(metric) ? [[String(id), metricOf(metric, metric.stat)] as const] : [],
  );
  return { metrics: Object.fromEntries(metrics), expression: String(shown.expression ?? shown.id) };
}

function metricOf(inputs: Properties, statistic: unknown): MetricName & { stat: Statistic; periodSeconds: number } {
  const dimensions = isObject(inputs.dimensions) ? inputs.dimensions : {};
  return {
    ...{ namespace: text(inputs, "namespace"), metricName: text(inputs, "metricName") },
    dimensions: Object.fromEntries(Object.entries(dimensions).map(([key, value]) => [key, String(value)])),
    stat: oneOf(statistic, "statistic", Object.keys(statistics) as Statistic[]),
    periodSeconds: optionalNumber(inputs, "period") ?? refuse("period", "a number", inputs.period),
  };
}

function oneOf<Word extends string>(given: unknown, input: string, words: readonly Word[]): Word {
  return words.find((word) => word === given) ?? refuse(input, `one of ${words.join(", ")} in the local cloud`, given);
}

function refuse(input: string, expected: string, got: unknown): never {
  throw new Error(`Expected \`${input}\` as ${expected}, got ${JSON.stringify(got)}`);
}

/** It shows nothing here. */
const dashboard: ResourceHandler = {
  create(inputs, { cloud }) {
    const id = text(inputs, "dashboardName");
    return { id, state: { ...inputs, dashboardArn: arnOf(cloud, "cloudwatch", `dashboard/${id}`, "") } };
  },
};

export const cloudwatch: ResourceHandlers = {
  "aws:cloudwatch/metricAlarm:MetricAlarm": metricAlarm,
  "aws:cloudwatch/dashboard:Dashboard": dashboard,
};
