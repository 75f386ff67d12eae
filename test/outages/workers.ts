import { DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";
import { readCounts } from "../../worker-image/src/instance/fleetGroups";
import { FleetReports } from "../../worker-image/src/instance/fleetReports";
import { DynamoFleetTable } from "../../worker-image/src/instance/fleetTable";
import { healthOf } from "../../worker-image/src/instance/health";
import { Lifecycle } from "../../worker-image/src/instance/lifecycle";
import { RecentJobs } from "../../worker-image/src/instance/recentJobs";
import { SqsQueue } from "../../worker-image/src/queue/sqsQueue";
import { announceEnds } from "../../worker-image/src/records/announceEnds";
import { DynamoRecords } from "../../worker-image/src/records/dynamoRecords";
import { EventTopic } from "../../worker-image/src/records/eventTopic";
import { keepInQueue, publishOrKeep } from "../../worker-image/src/records/keptEvents";
import { Services } from "../../worker-image/src/services/services";
import { InstancePrice } from "../../worker-image/src/usage/instancePrice";
import { UsageMeter } from "../../worker-image/src/usage/usageMeter";
import { DynamoUsageTable } from "../../worker-image/src/usage/usageTable";
import { Worker } from "../../worker-image/src/worker";
import { endsTopic, type Handle, runnerOf, settings, tables, urls, type World } from "./world";

/** Wires a worker as its main program does, with clients in memory. */
export function startWorker(world: World, name: string, handle: Handle) {
  const { aws, clock, random } = world;
  const log = world.log(name);
  const services = new Services(clock);
  const recordsGate = services.gate("DynamoDB");
  const sqs = aws.client("sqs", name, { tries: 3, timeout: 30_000, gate: services.gate("SQS") });
  const dynamo = aws.client("dynamodb", name, { tries: 3, timeout: 8_000, gate: recordsGate });
  const sns = aws.client("sns", name, { tries: 3, timeout: 8_000, gate: services.gate("SNS") });
  const scaling = aws.client("autoscaling", name, { tries: 3, timeout: 8_000, gate: services.gate("Auto Scaling") });
  const fleet = aws.client("dynamodb", name, {
    tries: 2,
    timeout: 8_000,
    gate: services.gate("DynamoDB (fleet table)", 30_000),
  });
  const usage = new UsageMeter({
    table: new DynamoUsageTable(fleet as never, tables.fleets, "echo"),
    price: new InstancePrice(settings.slots),
    uncountedMilliseconds: 0,
    ...{ clock, log },
  });
  const topic = new EventTopic(endsTopic, clock, sns as never);
  const records = announceEnds(
    new DynamoRecords(dynamo as never, tables.jobs),
    publishOrKeep({ publish: (event) => topic.publish(event), keep: keepInQueue(sqs as never, urls.kept), log }),
  );
  const recentJobs = new RecentJobs(clock);
  const table = new DynamoFleetTable(fleet as never, tables.fleets, "echo");
  const metadata = { read: async (path: string) => (path === "instance-id" ? name : undefined) };
  const describe = () => scaling.send(new DescribeAutoScalingGroupsCommand({}));
  const lifecycle = new Lifecycle({
    settings,
    metadata,
    async findGroup() {
      await describe();
      const no = () => Promise.resolve(false);
      return { complete: no, heartbeat: no, terminate: no };
    },
    async chooseWhenIdle() {
      await Promise.all([readCounts(sqs as never, urls.jobs), describe(), table.readFigures()]);
      return { canLower: false, isSurplus: false };
    },
    nudge: () => Promise.resolve(),
    slots: settings.slots,
    reports: new FleetReports({ table, metadata, slots: settings.slots, recentJobs, clock, log }),
    ...{ clock, random, log },
  });
  const worker = new Worker({
    ...{ settings, workerId: name, slots: settings.slots, records, services, usage, clock, random, log },
    queue: new SqsQueue(sqs as never, { ...settings, clock }),
    runner: runnerOf(handle),
    whenUsable: (signal) => recordsGate.ready(signal),
    onReady: (ready) => lifecycle.begin(ready),
  });
  const begunAt = clock.now();
  let endedAt = begunAt;
  usage.start();
  const ending = worker.run().then(() => {
    endedAt = clock.now();
    return usage.end();
  });
  return {
    ...{ name, worker, health: () => healthOf(worker, clock.now()) },
    end: () => ending.then(() => lifecycle.end()),
    lifeMilliseconds: () => endedAt - begunAt,
  };
}
