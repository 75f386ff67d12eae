import { randomBytes } from "node:crypto";
import { secretsVariables } from "../contract/workerSettings";
import { createAutoScaling } from "./autoScaling/api/service";
import { Groups } from "./autoScaling/groups";
import { ScheduledActions } from "./autoScaling/scheduledActions";
import type { Alarms } from "./cloudWatch/alarms";
import { createAlarms } from "./cloudWatch/cloudAlarms";
import { type Endpoint, type EndpointRegion, startEndpoint } from "./endpoint";
import { BucketEvents } from "./events/bucketEvents";
import { Schedules } from "./events/eventRules";
import { deliverToLambdas } from "./events/notifications";
import { Scheduler } from "./events/scheduler";
import { createSchedulerApi } from "./events/schedulerApi";
import { LocalIssuer } from "./http/authorizers/localIssuer";
import { RouteGuard } from "./http/authorizers/routeGuard";
import { HttpApis } from "./http/httpApis";
import { createIam } from "./iam/cloudIam";
import type { Iam } from "./iam/iam";
import type { AskSources, KnownGroup } from "./iam/requests/call";
import { Roles } from "./iam/roles";
import { createLambdaApi } from "./lambda/lambdaApi";
import { Lambdas } from "./lambda/lambdas";
import { defaultLog, type Log } from "./log";
import { LogGroups } from "./logs/logGroups";
import { createLogsApi } from "./logs/logsApi";
import { createParameterStore, createSecretsManager } from "./secrets/secretApis";
import { SecretStore } from "./secrets/secretStore";
import { DataFolder, type RegionData } from "./stores/dataFolder";
import type { Messaging } from "./stores/messaging";
import { AwsCalls } from "./wire/awsCalls";
import { Callers, type Credentials } from "./wire/callers";
import { Faults } from "./wire/faults";
import { RegionOutage } from "./wire/regionOutage";
import { Signatures } from "./wire/signatures/signatures";

export interface CloudOptions {
  /** Folder of the project: command lines that are run in it find the HTTP APIs. @default - none */
  folder?: string;
  /** Port of the first HTTP API. @default a free one */
  port?: number;
  /** Port of the AWS endpoint. @default a free one */
  endpointPort?: number;
  /** The first region. Further ones start when a program's provider or resource names them. @default "us-east-1" */
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

/**
 * A region of an embedded cloud, of which every part listens on the loopback interface only, and ends with this
 * process. All regions have the endpoint, credentials, roles and names of buckets in common.
 */
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
  services: EndpointRegion["services"];
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
  alarms: Alarms;
  /** Id of the machine image that AWS recommends now. */
  recommendedImage: string;
  faults: Faults;
  /** The region's outage, for tests and people. */
  outage: RegionOutage;
  log: Log;
  data: RegionData | undefined;
  /** The regions in use, this one among them. The one that programs are in by default comes first. */
  regions: () => LocalCloud[];
  /** The cloud in a region, which starts at the first call. @throws Error if it isn't the name of a region */
  inRegion: (region: string) => Promise<LocalCloud>;
  /** Goes on with what an earlier run left in the folder of data, once the program is deployed. */
  resume(): void;
  /** Processes and servers that use the cloud: they end first. */
  companions: { stop(): Promise<void> }[];
  /** Ends every process and closes every port. */
  stop(): Promise<void>;
}

/** Starts a cloud in its first region. */
export async function startCloud(options: CloudOptions): Promise<LocalCloud> {
  const { region: home = "us-east-1", endpointPort = 0, log = defaultLog } = options;
  let { port = 0 } = options;
  const callers = new Callers();
  const faults = new Faults();
  const data = options.data && (await DataFolder.open(options.data.folder, options.data.owner, home));
  const endpoint = await startEndpoint({ port: endpointPort, faults, callers, log });
  const regions = new Map<string, Promise<StartedRegion>>();
  const started: StartedRegion[] = [];
  const open = async (name: string, regionData: RegionData | undefined) => {
    const region = await startRegion(account, name, regionData);
    started.push(region);
    return region;
  };
  /** Callers first, and the endpoint last: a draining worker gives its jobs back through it. */
  const stop = async () => {
    await Promise.allSettled(regions.values());
    for (const { cloud } of started) cloud.outage.end();
    await Promise.all(account.shared.companions.map((each) => each.stop()));
    await Promise.all(started.map((region) => region.stop()));
    await endpoint.close();
    await data?.close();
  };
  let stopped: Promise<void> | undefined;
  const account: Account = {
    ...{ options, endpoint, callers, faults, roles: new Roles(), issuer: new LocalIssuer() },
    credentials: callers.issue({ name: "local" }),
    token: randomBytes(32).toString("base64url"),
    nextPort() {
      const next = port;
      port = 0;
      return next;
    },
    shared: {
      companions: [],
      regions: () => started.map(({ cloud }) => cloud),
      async inRegion(name) {
        const region = regions.get(name) ?? open(checkedRegion(name), data?.of(name));
        regions.set(name, region);
        return (await region).cloud;
      },
      resume() {
        if (!data) return;
        for (const { cloud } of started) {
          cloud.scheduler.resume();
          cloud.lambdas.resume();
          // Messages that were left need workers now, not at the next minute.
          cloud.schedules.runAll();
        }
        log({ source: "cloud", name: "data", stream: "stderr", line: data.told() });
      },
      stop: () => (stopped ??= stop()),
    },
  };
  regions.set(home, open(home, data));
  return account.shared.inRegion(home);
}

/** The parts that all regions have in common. */
interface Account extends Pick<LocalCloud, "callers" | "faults" | "credentials" | "token" | "issuer"> {
  options: CloudOptions;
  endpoint: Endpoint;
  roles: Roles;
  /** Port for the next HTTP API: that of the options is for the first. */
  nextPort: () => number;
  shared: Pick<LocalCloud, "companions" | "regions" | "inRegion" | "resume" | "stop">;
}

/** Parts of a region that is yet to be complete. */
type RegionParts<Name extends keyof LocalCloud> = Pick<
  LocalCloud,
  "endpoint" | "region" | "callers" | "outage" | "log" | "iam" | Name
>;

interface StartedRegion {
  cloud: LocalCloud;
  /** Ends what runs in it; its stores are the endpoint's. */
  stop(): Promise<void>;
}

async function startRegion(account: Account, region: string, data: RegionData | undefined): Promise<StartedRegion> {
  const { options, callers, faults, credentials, token, issuer } = account;
  const { scheduleSeconds: secondsInstead } = options;
  const logs = new LogGroups();
  const log: Log = (entry) => {
    logs.add(entry);
    (options.log ?? defaultLog)(entry);
  };
  const endpoint = await account.endpoint.open(region, data);
  const outage = new RegionOutage(region, faults);
  const shared = { endpoint: account.endpoint.address, region, callers, outage, log };
  const { messaging, services } = endpoint;
  const secrets = new SecretStore(account.shared.regions()[0]?.secrets.given ?? options.secrets);
  const groupOf: AskSources["groupOf"] = (named) => knownGroup(groups, named);
  const iam = (endpoint.iam = createIam({ region, roles: account.roles, groupOf, messaging, logs, secrets, log }));
  messaging.mayDeliver = (topicArn, queueArn) =>
    iam.serviceMay("sns.amazonaws.com", { action: "sqs:SendMessage", resource: queueArn }, topicArn);
  const alarms = createAlarms({ messaging, iam, calls: () => calls, log, secondsInstead });
  logs.onLine = (line) => alarms.hear(line);
  const lambdas = new Lambdas({ ...shared, messaging, iam, alarms, data });
  deliverToLambdas({ ...shared, messaging, lambdas, faults, iam });
  const bucketEvents = new BucketEvents({ region, lambdas, messaging, iam });
  const schedules = new Schedules({ ...shared, lambdas, iam, alarms, secondsInstead });
  const groups = createGroups(options, { ...shared, iam, secrets });
  const scheduledActions = new ScheduledActions({ groups, secondsInstead });
  const apis = createApis(account, { ...shared, lambdas, iam, messaging, groups, alarms });
  const calls = new AwsCalls({ endpoint: shared.endpoint, region, credentials });
  const scheduler = new Scheduler({ ...shared, calls, lambdas, messaging, iam, data, secondsInstead });
  const cloud: LocalCloud = {
    ...{ ...account.shared, ...shared, iam, faults, lambdas, apis, groups, schedules, calls, messaging, credentials },
    ...{ token, issuer, bucketEvents, scheduledActions, scheduler, secrets, logs, alarms, services, data },
    recommendedImage: "ami-00000000000000000",
  };
  addServices(cloud);
  return { cloud, stop: () => stopRegion(cloud) };
}

function createGroups(
  { workerMain, workerEnvironment, launchHookSeconds, stopGraceSeconds = 5 }: CloudOptions,
  cloud: RegionParts<"secrets">,
): Groups {
  return new Groups({
    ...{ cloud, iam: cloud.iam, workerMain, workerEnvironment, launchHookSeconds },
    stopGraceMilliseconds: stopGraceSeconds * 1_000,
    onEnvironment: (environment) => secretsVariables.forEach((name) => cloud.secrets.note(environment[name])),
  });
}

function createApis(
  { options, callers, credentials, token, issuer, nextPort, shared: { regions } }: Account,
  cloud: RegionParts<"lambdas" | "messaging" | "groups" | "alarms">,
): HttpApis {
  const { folder, console, enforceAuth } = options;
  const guard = new RouteGuard({ ...cloud, signatures: new Signatures(callers), issuer });
  const enforcement = enforceAuth ? { guard, issuer } : undefined;
  return new HttpApis({ ...cloud, regions, nextPort, credentials, token, folder, console, enforcement });
}

function knownGroup(
  groups: Groups,
  { group: name, instance = "" }: { group?: string; instance?: string },
): KnownGroup | undefined {
  const group = name ? groups.find(name) : groups.findInstance(instance)?.group;
  return group && { arn: group.arn, tags: group.settings.tags };
}

/** Adds the services that the endpoint itself has not. */
function addServices({ services, region, groups, lambdas, logs, secrets, scheduler }: LocalCloud): void {
  services.set("autoscaling", createAutoScaling(groups));
  services.set("lambda", createLambdaApi(lambdas));
  services.set("logs", createLogsApi(logs));
  services.set("secretsmanager", createSecretsManager(secrets));
  services.set("ssm", createParameterStore(secrets, region));
  services.set("scheduler", createSchedulerApi(scheduler));
}

async function stopRegion(cloud: LocalCloud): Promise<void> {
  const { schedules, scheduler, scheduledActions, alarms, apis, groups, lambdas, calls } = cloud;
  for (const part of [schedules, scheduler, scheduledActions, alarms]) part.stop();
  await Promise.all([apis.stop(), groups.stop()]);
  await lambdas.stop();
  calls.close();
}

/** @throws Error if it isn't the name of a region */
export function checkedRegion(region: unknown): string {
  if (typeof region === "string" && /^[a-z]{2,4}(-[a-z]+)+-\d$/.test(region)) return region;
  throw new Error(`Expected \`region\` as the name of an AWS region, such as us-west-2, got ${JSON.stringify(region)}`);
}
