import { randomBytes } from "node:crypto";
import { secretsVariable } from "../contract/workerSettings";
import { createAutoScaling } from "./autoScaling/api/service";
import type { Group } from "./autoScaling/group";
import { Groups } from "./autoScaling/groups";
import { ScheduledActions } from "./autoScaling/scheduledActions";
import { type Endpoint, startEndpoint } from "./endpoint";
import { BucketEvents } from "./events/bucketEvents";
import { Schedules } from "./events/eventRules";
import { deliverToLambdas } from "./events/notifications";
import { Scheduler } from "./events/scheduler";
import { createSchedulerApi } from "./events/schedulerApi";
import { LocalIssuer } from "./http/authorizers/localIssuer";
import { RouteGuard } from "./http/authorizers/routeGuard";
import { HttpApis } from "./http/httpApis";
import { type Denied, Iam } from "./iam/iam";
import type { KnownGroup } from "./iam/requests/call";
import { createLambdaApi } from "./lambda/lambdaApi";
import { Lambdas } from "./lambda/lambdas";
import { defaultLog, type Log } from "./log";
import { LogGroups } from "./logs/logGroups";
import { createLogsApi } from "./logs/logsApi";
import { createParameterStore, createSecretsManager } from "./secrets/secretApis";
import { SecretStore } from "./secrets/secretStore";
import { DataFolder } from "./stores/dataFolder";
import type { Messaging } from "./stores/messaging";
import { AwsCalls } from "./wire/awsCalls";
import { Callers, type Credentials } from "./wire/callers";
import { Faults } from "./wire/faults";
import { Signatures } from "./wire/signatures/signatures";

export interface CloudOptions {
  /** Folder of the project: command lines that are run in it find the HTTP APIs. @default - none */
  folder?: string;
  /** Port of the first HTTP API. @default a free one */
  port?: number;
  /** Port of the AWS endpoint. @default a free one */
  endpointPort?: number;
  /** @default "us-east-1" */
  region?: string;
  /** Receives the output of functions and workers, and the cloud's own errors. @default errors go to standard error */
  log?: Log;
  /** True if the HTTP APIs check requests against the authorization of their routes. @default false */
  enforceAuth?: boolean;
  /** Folder of the console's page, which HTTP APIs that take jobs then serve at `/console/`. @default - none */
  console?: string;
  /** Main module of an instance: the worker, as built. */
  workerMain: string;
  /** Variables of every worker in place of those that its user data gives: a test's means. @default none */
  workerEnvironment?: Record<string, string>;
  /**
   * Seconds between the calls of every schedule, and between the runs of every scheduled action. @default their own
   * times
   */
  scheduleSeconds?: number;
  /** Timeout of every launch hook. @default its own */
  launchHookSeconds?: number;
  /** Values by variable of the secrets that the program doesn't make itself. @default none */
  secrets?: Record<string, string>;
  /**
   * Folder that keeps messages, tables, objects and schedules between runs, and whose they are: project and stack.
   * @default - they end with the cloud
   */
  data?: { folder: string; owner: string };
  /** Seconds that workers may drain when the cloud stops. @default 5 */
  stopGraceSeconds?: number;
}

/** An embedded cloud: every part of it listens on the loopback interface only, and ends with this process. */
export interface LocalCloud {
  /**
   * Address of SQS, SNS, S3, DynamoDB, Lambda's Invoke, EventBridge Scheduler, Auto Scaling, and of the reads of
   * secrets and parameters, for `AWS_ENDPOINT_URL`.
   */
  endpoint: string;
  region: string;
  /** Credentials printed for the developer. */
  credentials: Credentials;
  /** Token for the controls under `/_local` of each HTTP API. */
  token: string;
  /** Signs the tokens for HTTP APIs with JWT authorizers, if authorization is enforced. */
  issuer: LocalIssuer;
  callers: Callers;
  /** IAM policy evaluation. */
  iam: Iam;
  /** Services behind the endpoint; further ones can be added. */
  services: Endpoint["services"];
  messaging: Messaging;
  bucketEvents: BucketEvents;
  calls: AwsCalls;
  lambdas: Lambdas;
  apis: HttpApis;
  groups: Groups;
  schedules: Schedules;
  scheduler: Scheduler;
  scheduledActions: ScheduledActions;
  secrets: SecretStore;
  logs: LogGroups;
  /** Id of the machine image that AWS recommends now. */
  recommendedImage: string;
  faults: Faults;
  log: Log;
  data: DataFolder | undefined;
  /** Goes on with what an earlier run left in the folder of data, once the program is deployed. */
  resume(): void;
  /** Processes and servers that use the cloud: they end first. */
  companions: { stop(): Promise<void> }[];
  /** Ends every process and closes every port. */
  stop(): Promise<void>;
}

export async function startCloud(options: CloudOptions): Promise<LocalCloud> {
  const { region = "us-east-1", port = 0, endpointPort = 0, stopGraceSeconds = 5 } = options;
  const logs = new LogGroups();
  const log: Log = (entry) => {
    logs.add(entry);
    (options.log ?? defaultLog)(entry);
  };
  const callers = new Callers();
  const faults = new Faults();
  const data = options.data && (await DataFolder.open(options.data.folder, options.data.owner));
  const endpoint = await startEndpoint({ port: endpointPort, region, faults, callers, data, log });
  const shared = { endpoint: endpoint.address, region, callers, log };
  const { messaging } = endpoint;
  const secrets = new SecretStore(options.secrets);
  const iam: Iam = new Iam({
    region,
    groupOf: ({ group, instance }) =>
      knownGroup(group ? groups.find(group) : groups.findInstance(instance ?? "")?.group),
    hasObject: messaging.hasObject,
    logGroupTagsOf: (name) => logs.groups.get(name)?.tags,
    secretArnOf: (id) => secrets.findSecret(id)?.arn,
    queuePolicy: (arn) => messaging.queue(arn)?.attributes.Policy,
    topicPolicy: messaging.topicPolicy,
    onDenied: logOnce(log),
  });
  endpoint.iam = iam;
  messaging.mayDeliver = (topicArn, queueArn) =>
    iam.serviceMay("sns.amazonaws.com", { action: "sqs:SendMessage", resource: queueArn }, topicArn);
  const lambdas = new Lambdas({ ...shared, messaging, iam, data });
  deliverToLambdas({ messaging, lambdas, faults, iam, log });
  const bucketEvents = new BucketEvents({ region, lambdas, messaging, iam });
  const schedules = new Schedules({ region, lambdas, iam, secondsInstead: options.scheduleSeconds });
  const groups = new Groups({
    cloud: shared,
    iam,
    workerMain: options.workerMain,
    workerEnvironment: options.workerEnvironment,
    stopGraceMilliseconds: stopGraceSeconds * 1_000,
    launchHookSeconds: options.launchHookSeconds,
    onEnvironment: (environment) => secrets.note(environment[secretsVariable]),
  });
  const scheduledActions = new ScheduledActions({ groups, secondsInstead: options.scheduleSeconds });
  endpoint.services.set("autoscaling", createAutoScaling(groups));
  endpoint.services.set("lambda", createLambdaApi(lambdas));
  endpoint.services.set("logs", createLogsApi(logs));
  endpoint.services.set("secretsmanager", createSecretsManager(secrets));
  endpoint.services.set("ssm", createParameterStore(secrets, region));
  const credentials = callers.issue({ name: "local" });
  const token = randomBytes(32).toString("base64url");
  const issuer = new LocalIssuer();
  const guard = new RouteGuard({ region, signatures: new Signatures(callers), iam, issuer });
  const enforcement = options.enforceAuth ? { guard, issuer } : undefined;
  const apis = new HttpApis({
    ...shared,
    ...{ folder: options.folder, console: options.console, credentials, token, port, enforcement },
    ...{ lambdas, iam, messaging, groups },
  });
  const calls = new AwsCalls({ endpoint: endpoint.address, region, credentials });
  const scheduler = new Scheduler({
    ...{ region, calls, lambdas, messaging, iam, data, log },
    secondsInstead: options.scheduleSeconds,
  });
  endpoint.services.set("scheduler", createSchedulerApi(scheduler));
  /** Callers first, and the endpoint last: a draining worker gives its jobs back through it. */
  const companions: LocalCloud["companions"] = [];
  const stop = async () => {
    await Promise.all(companions.map((each) => each.stop()));
    for (const part of [schedules, scheduler, scheduledActions]) part.stop();
    await Promise.all([apis.stop(), groups.stop()]);
    await lambdas.stop();
    calls.close();
    await endpoint.close();
    await data?.close();
  };
  let stopped: Promise<void> | undefined;
  return {
    ...{ ...shared, iam, faults, lambdas, apis, groups, schedules, calls, messaging, credentials, token, issuer },
    ...{ bucketEvents, scheduledActions, scheduler, secrets, logs, companions, services: endpoint.services },
    data,
    resume() {
      if (!data) return;
      scheduler.resume();
      lambdas.resume();
      // Messages that were left need workers now, not at the next minute.
      schedules.runAll();
      log({ source: "cloud", name: "data", stream: "stderr", line: data.told() });
    },
    recommendedImage: "ami-00000000000000000",
    stop: () => (stopped ??= stop()),
  };
}

function knownGroup(group: Group | undefined): KnownGroup | undefined {
  return group && { arn: group.arn, tags: group.settings.tags };
}

/** Callers retry, so log each denial once. */
function logOnce(log: Log): (denied: Denied) => void {
  const said = new Set<string>();
  return ({ principal, action, resource }) => {
    const line = `${principal} is not authorized to perform: ${action} on resource: ${resource}`;
    if (!said.has(line)) log({ source: "cloud", name: "iam", stream: "stderr", line });
    said.add(line);
  };
}
