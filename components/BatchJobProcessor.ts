import * as pulumi from "@pulumi/pulumi";
import { compilerProblem } from "../contract/compilerProblem";
import { type BatchJobProcessorArgs } from "./args/BatchJobProcessorArgs";
import { checkEnvironments } from "./args/checks/environmentErrors";
import { checkPrivateImages } from "./args/checks/privateImages";
import { checkRegion } from "./args/checks/regionErrors";
import { validateArgs } from "./args/checks/validateArgs";
import { defaults } from "./args/defaults";
import { metricsName } from "./args/metricSettings";
import { type ProcessorSettings, withDefaults } from "./args/ProcessorArgs";
import { createLogGroup } from "./aws/createLogGroup";
import { DeployTarget } from "./aws/DeployTarget";
import { ts } from "./handlers/bundle/handlerFindings";
import { InlineHandlers } from "./handlers/InlineHandlers";
import { hasOwnHandler } from "./handlers/shipHandlers";
import { WorkerNetwork } from "./network/WorkerNetwork";
import { alarmSums, budgetSums, JobAlarms } from "./pipeline/JobAlarms";
import { JobApi, schemeOf } from "./pipeline/JobApi";
import { JobDashboard, type WatchedType } from "./pipeline/JobDashboard";
import { JobEvents } from "./pipeline/JobEvents";
import { JobOperator } from "./pipeline/JobOperator";
import { JobRepair } from "./pipeline/JobRepair";
import { JobRouter } from "./pipeline/JobRouter";
import { JobSchedules } from "./pipeline/JobSchedules";
import { JobTables } from "./pipeline/JobTables";
import { Scaler } from "./pipeline/Scaler";
import { TypeRemoval } from "./pipeline/TypeRemoval";
import { claimPrefixes } from "./processor/claimPrefixes";
import { MachineImages } from "./processor/MachineImages";
import { ProcessorQueue, queueUsers } from "./processor/ProcessorQueue";
import { createTypeEntry } from "./processor/typeEntry";
import { workerAddresses } from "./processor/workerAddresses";
import { WorkerFleet } from "./processor/WorkerFleet";
import { WorkerImage } from "./processor/WorkerImage";
import { withoutUnread } from "./pulumi/withoutUnread";
import { withShortStacks } from "./pulumi/withShortStacks";

/**
 * A serverless batch job processor: an HTTP API that accepts jobs, a router that puts each job into its type's queue,
 * and for each type a fleet of workers.
 *
 * @throws `pulumi.InputPropertiesError` that names every invalid input.
 */
export class BatchJobProcessor extends pulumi.ComponentResource {
  /** URL of the HTTP API, with a trailing slash. */
  readonly url!: pulumi.Output<string>;
  /** Id of the HTTP API, for instance for an `ApiMapping` to a domain of your own. */
  readonly apiId!: pulumi.Output<string>;
  /** Name of the HTTP API's stage. */
  readonly stage!: pulumi.Output<string>;
  /** ARN of the topic that takes jobs; other systems may publish job envelopes to it. */
  readonly topicArn!: pulumi.Output<string>;
  /** ARN of the topic of completion events; undefined without `events`. */
  readonly eventsTopicArn!: pulumi.Output<string | undefined>;
  /** URL of each type's queue. */
  readonly queueUrls!: pulumi.Output<Record<string, string>>;
  /** URL of each type's dead-letter queue. */
  readonly deadLetterQueueUrls!: pulumi.Output<Record<string, string>>;
  /** URL of the queue that holds jobs of unknown types and malformed jobs, with their reasons. */
  readonly unroutableQueueUrl!: pulumi.Output<string>;
  /** URL of the queue of events that the router failed at, after its retries. */
  readonly routerFailureQueueUrl!: pulumi.Output<string>;
  /** URL of the queue of messages that SNS could not deliver to the router. */
  readonly undeliveredQueueUrl!: pulumi.Output<string>;
  /** Name of the table of job records; undefined without `tracking`. */
  readonly jobTableName!: pulumi.Output<string | undefined>;
  /** Name of each type's Auto Scaling group. */
  readonly groupNames!: pulumi.Output<Record<string, string>>;
  /** Name of the log group of each type's workers. */
  readonly logGroupNames!: pulumi.Output<Record<string, string>>;
  /** Name of the log group of all functions. */
  readonly functionLogGroupName!: pulumi.Output<string>;
  /** Id of the security group of all workers, for instance for a database that lets it in. */
  readonly workerSecurityGroupId!: pulumi.Output<string>;
  /** Name of the role of each type's workers, for resource policies and further permissions. */
  readonly workerRoleNames!: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: BatchJobProcessorArgs, opts?: pulumi.ComponentResourceOptions) {
    const problem = compilerProblem(ts);
    if (problem !== undefined) throw new pulumi.RunError(problem);
    args = validateArgs(name, args);
    claimPrefixes(name, args.processors, opts);
    const transformations = [...(opts?.transformations ?? []), withoutUnread];
    super("batch-job-processor:index:BatchJobProcessor", name, {}, { ...opts, transformations });
    const { logGroup, api, router, events, tables, network, processors } = withShortStacks(() => {
      const pipeline = this.createPipeline(name, args);
      const made = this.createProcessors(name, args, pipeline);
      if (args.dashboard) this.createDashboard(name, args, pipeline, made.processors);
      return { ...pipeline, ...made };
    });
    const byType = (pick: (processor: (typeof processors)[number]) => pulumi.Output<string>) =>
      pulumi.all(Object.fromEntries(processors.map((processor) => [processor.type, pick(processor)])));
    const outputs: Outputs = {
      url: api.url,
      apiId: api.apiId,
      stage: api.stage,
      topicArn: router.topic.arn,
      eventsTopicArn: events?.topic.arn ?? pulumi.output(undefined),
      queueUrls: byType(({ queue }) => queue.queue.url),
      deadLetterQueueUrls: byType(({ queue }) => queue.deadLetterQueue.url),
      unroutableQueueUrl: router.unroutableQueue.url,
      routerFailureQueueUrl: router.failureQueue.url,
      undeliveredQueueUrl: router.undeliveredQueue.url,
      jobTableName: tables.records?.name ?? pulumi.output(undefined),
      groupNames: byType(({ fleet }) => fleet.group.name),
      logGroupNames: byType(({ fleet }) => fleet.logGroup.name),
      functionLogGroupName: logGroup.name,
      workerSecurityGroupId: network.securityGroup.id,
      workerRoleNames: byType(({ fleet }) => fleet.role.name),
    };
    Object.assign(this, outputs);
    this.registerOutputs(outputs);
  }

  /** Creates the resources that all types share, but for the workers'. */
  private createPipeline(name: string, args: BatchJobProcessorArgs) {
    const child = { parent: this };
    const target = new DeployTarget(child);
    const tables = new JobTables(`${name}-tables`, args, child);
    const { types: typeTable, fleets: fleetTable, unsent: unsentTable } = tables;
    const { logRetentionDays: retentionInDays = defaults.logRetentionDays, kmsKey, tags } = args;
    const written = { retentionInDays, part: "functions", fleetTable, kmsKey, tags };
    const logGroup = createLogGroup(`${name}-functions`, written, child);
    const settings = { ...args, logGroup };
    const { alarms, budget, dashboard } = args;
    const component = metricsName(name);
    const scaler = new Scaler(`${name}-scaler`, { ...settings, typeTable, fleetTable, target }, child);
    const functions = { scaler: scaler.scaler.function };
    const router = new JobRouter(`${name}-router`, { ...settings, ...functions, typeTable, unsentTable }, child);
    const hasEvents = args.events ?? defaults.events;
    const events = hasEvents ? new JobEvents(`${name}-events`, args, child) : undefined;
    const repair = new JobRepair(`${name}-repair`, { ...settings, router, tables, events }, child);
    const removal = new TypeRemoval(`${name}-removal`, { ...settings, ...functions, router, tables }, child);
    const { topic, undeliveredQueue: deadLetterQueue } = router;
    const schedules = new JobSchedules(
      `${name}-schedules`,
      { ...args, topic, deadLetterQueue, account: target.account },
      child,
    );
    const hidesQueues = schemeOf(args) !== "iam";
    const topics = { topic, eventsTopic: events?.topic };
    const shared = { ...functions, removal: removal.lambda.function, ...topics, schedules, tables };
    const writeSums = [...(alarms ? alarmSums : []), ...(budget || dashboard ? budgetSums : [])];
    const sums = { component, writeSums };
    const operator = new JobOperator(`${name}-acts`, { ...settings, ...shared, target, hidesQueues, sums }, child);
    const api = new JobApi(`${name}-api`, { ...settings, ...shared, operator: operator.lambda.function }, child);
    if (alarms) {
      const watched = { router, scaler, repair, operator, api, target };
      new JobAlarms(`${name}-alarms`, { alarms, budget, component, ...watched, kmsKey, tags }, child);
    }
    return { target, logGroup, tables, scaler, operator, router, events, repair, removal, schedules, api };
  }

  /** Creates the resources of each type, and those that all workers share. */
  private createProcessors(
    name: string,
    args: BatchJobProcessorArgs,
    { target, tables, scaler, operator, router, events, repair, removal, schedules, api }: Pipeline,
  ) {
    const child = { parent: this };
    const { kmsKey, tags, schedulesEnabled } = args;
    const settings = args.processors.map(withDefaults);
    const network = new WorkerNetwork(`${name}-network`, { ...args, processors: settings, target }, child);
    const imageFor = createImages(name, settings, args, child);
    const own = settings.filter(hasOwnHandler).map(({ name: type, handle, handler, image }) => {
      return { type, handle, handler, isStockImage: (image ?? args.image) === undefined };
    });
    const handlers =
      own.length > 0 ? new InlineHandlers(`${name}-handlers`, { handlers: own, kmsKey, tags }, child) : undefined;
    const machineImages = new MachineImages(name, { machineImage: args.machineImage, target, tags }, this);
    const ofEvents = { eventsTopic: events?.topic, keptEventsQueue: events?.keptQueue };
    const shared = { tables, ...ofEvents, network, target, handlers, scaler: scaler.forFleets() };
    const { region } = target;
    const checks = [
      checkEnvironments(name, args),
      checkPrivateImages(name, args, region),
      checkRegion(name, args, region),
    ];
    const addresses = workerAddresses(shared, checks);
    const isTracking = tables.records !== undefined;
    const roles = {
      ...{ router: router.router.role.arn, repair: repair.repair.role.arn },
      ...{ removal: removal.lambda.role.arn, scaler: scaler.scaler.role.arn, operator: operator.lambda.role.arn },
    };
    const users = queueUsers(roles, { isTracking });
    const processors = settings.map((processor) => {
      const { name: type } = processor;
      const prefix = `${name}-${type}`;
      const queue = new ProcessorQueue(`${prefix}-queue`, { ...args, users, processor, isTracking }, child);
      const queueUrls = [queue.queue.url, queue.deadLetterQueue.url];
      const machineImage = machineImages.of(processor);
      const fleet = new WorkerFleet(
        `${prefix}-fleet`,
        {
          ...args,
          ...shared,
          ...{ processor, component: metricsName(name), queue, addresses, image: imageFor(processor) },
          removal: removal.drainBeforeDelete(
            `${prefix}-removal`,
            { type, queueUrls },
            { ...child, dependsOn: [queue] },
          ),
          registryCredentials: processor.registryCredentials ?? args.registryCredentials,
          machineImage: machineImage.id,
        },
        child,
      );
      const entry = createTypeEntry(
        `${prefix}-type`,
        {
          ...{ processor, queue, fleet, machineImage, schedulesEnabled },
          ...{ typeTable: tables.types, frontend: api.frontend.function },
        },
        this,
      );
      for (const schedule of processor.schedules ?? []) schedules.repeat(type, schedule, entry);
      return { type, queue, fleet };
    });
    return { network, processors };
  }

  private createDashboard(
    name: string,
    { metrics = defaults.metrics }: BatchJobProcessorArgs,
    { router, scaler, repair, removal, operator, api, logGroup, target }: Pipeline,
    types: WatchedType[],
  ): void {
    if (metrics === "off") return;
    const functions = {
      ...{ "front end": api.frontend.function, router: router.router.function, scaler: scaler.scaler.function },
      ...{ repair: repair.repair.function, removal: removal.lambda.function, operator: operator.lambda.function },
    };
    const args = { component: metricsName(name), metrics, types, router, api, functions, logGroup, target };
    new JobDashboard(`${name}-dashboard`, args, { parent: this });
  }
}

type Pipeline = ReturnType<BatchJobProcessor["createPipeline"]>;

/** All outputs of the component, none left out. */
type Outputs = {
  [Name in Exclude<keyof BatchJobProcessor, keyof pulumi.Resource>]: BatchJobProcessor[Name];
};

/** Image of each processor: its own, else the component's, else one built for its architecture. */
function createImages(
  name: string,
  processors: ProcessorSettings[],
  args: BatchJobProcessorArgs,
  opts: pulumi.ComponentResourceOptions,
): (processor: ProcessorSettings) => pulumi.Input<string> {
  const unbuilt = processors.filter(({ image }) => (image ?? args.image) === undefined);
  if (unbuilt.length === 0) return ({ image }) => (image ?? args.image)!;
  const architectures = unbuilt.map(({ architecture }) => architecture);
  const built = new WorkerImage(`${name}-image`, { architectures, tags: args.tags }, opts);
  return ({ image, architecture }) => image ?? args.image ?? built.uri(architecture);
}
