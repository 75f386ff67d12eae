import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { BatchJobProcessor, type BatchJobProcessorArgs } from "../../../components";
import type { WriteSums } from "../../../contract/metrics";
import { packageRoot } from "../../../contract/packageRoot";
import { Metrics } from "../../../worker-image/src/support/metrics";
import { record } from "../../support/record";
import { FakeClock } from "../../worker-image/helpers/fakeClock";

const processors = [
  { name: "a", handler: "a" },
  { name: "b", handler: "b", spot: true },
];
const build = (args: Partial<BatchJobProcessorArgs> = {}) =>
  record(() => new BatchJobProcessor("media", { processors, dashboard: true, ...args }));

interface Widget {
  x: number;
  y: number;
  width: number;
  height: number;
  properties: { title: string; region: string; metrics: [...string[], object][] };
}

/** Metrics that AWS writes, with their dimensions, each from the AWS page on that service's metrics. */
const ofAws: Record<string, [dimension: string, names: string[]]> = {
  "AWS/SNS": ["TopicName", ["NumberOfMessagesPublished"]],
  "AWS/SQS": ["QueueName", ["ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible"]],
  "AWS/Lambda": ["FunctionName", ["Invocations", "Errors", "Throttles"]],
  "AWS/ApiGateway": ["ApiId", ["Count", "4xx", "5xx", "Latency"]],
  "AWS/AutoScaling": ["AutoScalingGroupName", ["GroupInServiceInstances"]],
};

/** Names and dimensions of the metrics that a worker writes. */
function ofWorkers(kind: "type" | "component"): { names: string[]; dimensions: string[] } {
  const clock = new FakeClock();
  let line: Record<string, unknown> = {};
  const metrics = new Metrics({
    ...{ type: "a", queueUrl: "https://queue/a", metrics: kind, metricsComponent: "c", clock, random: Math.random },
    log: (_level, event, fields = {}) => void (event === "worker-metrics" && (line = fields)),
    busySlots: () => 1,
  });
  for (const event of ["job-started", "job-succeeded", "job-failed", "job-retried"] as const)
    metrics.log("info", event, { waitMs: 1, runMs: 1 });
  metrics.stop();
  const { CloudWatchMetrics } = line._aws as {
    CloudWatchMetrics: { Dimensions: string[][]; Metrics: { Name: string }[] }[];
  };
  const [{ Dimensions, Metrics: written }] = CloudWatchMetrics as [(typeof CloudWatchMetrics)[0]];
  return { names: written.map(({ Name }) => Name), dimensions: Dimensions[0]! };
}

describe("JobDashboard", () => {
  for (const kind of ["type", "component"] as const) {
    it(`shows only metrics that something writes, with metrics by ${kind}`, async () => {
      const { named, ofType } = await build({ metrics: kind });
      const { dashboardBody } = named("media-dashboard-board").inputs;
      const { widgets } = JSON.parse(dashboardBody as string) as { widgets: Widget[] };
      expect(widgets).to.have.length(11);
      const resources = ofType("").flatMap(({ name, inputs }) => [name, inputs.name]);
      const workers = ofWorkers(kind);
      for (const { properties, ...place } of widgets) {
        expect(place.x + place.width, properties.title).to.be.at.most(24);
        expect(properties.region).to.equal("us-east-1");
        expect(properties.metrics, properties.title).to.not.be.empty;
        for (const [namespace, name, ...rest] of properties.metrics.map((line) => line.slice(0, -1) as string[])) {
          const dimensions = rest.filter((_, index) => index % 2 === 0);
          const values = rest.filter((_, index) => index % 2 === 1);
          if (name === "DollarsToday") {
            const sums = JSON.parse(named("media-acts-target").inputs.input as string) as WriteSums;
            expect(sums).to.deep.equal({ writeSums: [name], component: values[0] });
            expect([namespace, ...dimensions]).to.deep.equal(["BatchJobProcessor", "Component"]);
          } else if (namespace === "BatchJobProcessor") {
            expect(workers.names).to.include(name);
            expect(dimensions).to.deep.equal(workers.dimensions);
          } else {
            const [dimension, names] = ofAws[namespace!]!;
            expect(names).to.include(name);
            expect(dimensions).to.deep.equal([dimension]);
            const [value] = values;
            const isOurs = resources.some((each) => typeof each === "string" && value!.startsWith(each));
            expect(isOurs, `${properties.title}: ${value}`).to.equal(true);
          }
        }
      }
    });
  }

  it("has the groups measure their instances, which they do only then", async () => {
    const groupsOf = async (args: Partial<BatchJobProcessorArgs>) =>
      (await build(args)).ofType("autoscaling/group:Group").map(({ inputs }) => inputs.enabledMetrics);
    expect(await groupsOf({})).to.deep.equal(Array.from({ length: 3 }, () => ["GroupInServiceInstances"]));
    expect(await groupsOf({ dashboard: false })).to.deep.equal([undefined, undefined, undefined]);
  });

  it("has a query for questions of docs/operations.md, on events that there are", async () => {
    const { ofType } = await build();
    const definitions = ofType("cloudwatch/queryDefinition:QueryDefinition").map(({ inputs }) => inputs);
    expect(definitions).to.have.length(10);
    const page = readFileSync(join(packageRoot(), "docs/operations.md"), "utf8");
    for (const { name, queryString, logGroupNames } of definitions as Record<string, string>[]) {
      const question = name!.replace("project/stack/media/", "");
      expect(page).to.include(`\n## ${question}\n`);
      expect(logGroupNames).to.have.length(3);
      for (const [, event] of queryString!.matchAll(/"([a-z-]+)"/g)) expect(page, question).to.include(`\`${event}\``);
    }
  });

  it("is refused without the workers' metrics", async () => {
    const error = await build({ metrics: "off" }).then(
      () => undefined,
      (reason: Error) => reason,
    );
    expect(error!.message).to.include('Expected only with metrics, got "off" of metrics');
  });
});
