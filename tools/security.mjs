// Writes the tables of docs/security.md from the program. `--check` only says if they are up to date.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { isMain, root, table, withParts, writeDocument } from "./documents.mjs";

const require = createRequire(import.meta.url);

/**
 * Reason of each statement, by its `Sid`. A statement without a reason stops this script, and so does an unused reason.
 */
export const reasons = {
  AnnounceEnds: "Publishes each job's end; with `events` only",
  KeepEnds: "Keeps a job's end that the topic did not take, for the repair run to publish; with `events` only",
  KeepUnsent: "Keeps what SQS does not take, so that an outage of it loses nothing",
  TakeUnsent: "Routes what the router kept while SQS took nothing",
  TakeKept: "Publishes the ends that workers kept; with `events` only",
  AuthorisePull: "Signs in to the registry of the worker's image",
  ConsumeJobs: "Takes jobs, hides them while they run, and deletes them when they are done",
  CountJobs: "Counts the backlog",
  DeadLetter: "Puts a job that failed for good aside, with its reason",
  DenyPlainHttp: "Nobody may call over plain HTTP",
  DescribeGroups: "Reads what groups have, and why launches fail",
  EndOwnInstance: "Goes on from a lifecycle hook, and ends or replaces its own instance",
  ExplainDeadLetters: "Replaces each dead letter that SQS moved by one with a reason",
  FindLogGroups: "VPC flow logs find their log group; with `network.flowLogs` only",
  FindOwnGroup: "Finds its group where metadata can't show tags; with `tags` whose keys metadata refuses only",
  FindOwnGroups: "Reads how many instances its type has, before it ends itself",
  FollowRecords: "Reads and claims records, and writes states and results",
  KeepCheckpoints: "Keeps its jobs' checkpoints, and reads one with the same call; of its own type alone",
  KeepFleetItems: "Keeps what is known of each fleet",
  KeepUndelivered: "SNS keeps what it could not deliver to the router",
  ListRecords: "Finds jobs by their index, to list them and to end those whose messages are gone",
  NudgeScaler: "Tells the scaler that there is work",
  OpenSessions: "Lets people open a shell; with `sessionManager` only",
  PassScheduleRole: "Hands its schedules the role that they publish in",
  PublishJobs: "Hands jobs on",
  PullImage: "Pulls the worker's image; images of private ECR repositories only",
  ReadBacklog: "Reads how much waits, before it ends itself",
  ReadFleets: "Says why a type's workers don't start",
  ReadHandler: "Reads the text of an inline handler; of that type only",
  ReadJobTypes: "Knows the types, their queues and schemas",
  ReadRegistryCredentials: "Reads what its image's registry asks for; with `registryCredentials` only",
  ReadParameters: "Reads the values of the type's secrets that are SSM parameters; with `secrets` only",
  ReadListed: "Reads the records of those listed",
  ReadSecrets: "Reads the values of the type's secrets that are in Secrets Manager; with `secrets` only",
  ReleaseDeadLetters: "Lets go of the dead letters that it looked through for one to send back",
  DrainDeadLetters: "Moves what waits out of a removed type's queue, before it is deleted",
  DrainRemovedType: "Moves what waits out of a removed type's queue, before it is deleted",
  ReplayJobs: "Routes what the router failed at",
  ReportToFleet:
    "Says that it lives and how long jobs take, and reads what the fleet is to be; items of its own type alone",
  RetryJobs: "Has dead letters sent back by the one that may touch them, when somebody retries their jobs",
  RetryLaunches: "Has launches tried at once, when somebody asks for it",
  RouteJobs: "Puts jobs in their type's queue",
  ScaleGroups: "Raises groups, and has silent instances replaced",
  ScheduleJobs: "Holds back a job that is more than 15 minutes ahead, until it is cancelled",
  SendJobsBack: "Sends dead letters back to their queue, when somebody retries their jobs by the API",
  SendFailures: "Lambda puts what the function failed at aside, in its role",
  SendUnpublished: "EventBridge Scheduler keeps what it could not publish, in its role",
  SendUnroutable: "Puts a job of an unknown type aside, with its reason",
  SubmitRecords: "Writes a job's record, reads its state, and asks for its cancellation",
  TakeFailed: "Takes what was not delivered or failed, and routes it again",
  UseKey: "SQS, SNS, DynamoDB and S3 use the key for what it calls there; with `kmsKey` only",
  WriteFlowLogs: "VPC flow logs write their log; with `network.flowLogs` only",
  WriteLogs: "Writes its log",
};

const component = "media";
const type = "thumbnail";

/** Resources of two programs that switch on all that grants a permission: an image is in ECR, or elsewhere. */
async function recordPrograms() {
  require("../test/support/loader.cjs");
  const { BatchJobProcessor } = require("../components/index.ts");
  const { record } = require("../test/support/record.ts");
  const elsewhere = {
    image: "ghcr.io/acme/worker:1",
    registryCredentials: "arn:aws:secretsmanager:us-east-1:123456789012:secret:registry-AbCdEf",
    network: {},
  };
  const recordings = [];
  for (const more of [{}, elsewhere]) {
    const build = () =>
      new BatchJobProcessor(component, {
        processors: [{ name: type, handle: () => Promise.resolve() }],
        events: true,
        secrets: {
          PASSWORD: "arn:aws:secretsmanager:us-east-1:123456789012:secret:database-AbCdEf#password",
          TOKEN: "arn:aws:ssm:us-east-1:123456789012:parameter/token",
        },
        sessionManager: true,
        network: { privateWorkers: true, egress: "aws", flowLogs: true },
        kmsKey: "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012",
        tags: { "Cost Center": "1" },
        frontend: { provisionedConcurrency: 1 },
        ...more,
      });
    recordings.push(await record(build));
  }
  return {
    resources: recordings.flatMap(({ resources }) => resources),
    ofType: (suffix) => recordings.flatMap(({ ofType }) => ofType(suffix)),
  };
}

function listOf(value) {
  return Array.isArray(value) ? value : [value];
}

function code(values) {
  return values.map((value) => `\`${value.replaceAll("|", "\\|")}\``).join(", ");
}

/** Logical names instead of ARNs, whose account, region and random ends mean nothing. */
function symbolic(resource) {
  const [, , service, , , ...rest] = resource.split(":");
  if (service === undefined) return resource.replace(/-1234567/, "");
  return `${service} ${rest.join(":").replace(/[0-9a-f]{64}/, "…")}`;
}

function conditionsOf({ Condition = {} }) {
  const all = Object.entries(Condition).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => `${operator} ${key} ${listOf(values).map(symbolic).join(", ")}`),
  );
  return all.length === 0 ? "" : code(all);
}

const used = new Set();

function reasonOf({ Sid, Action, Resource }, { patternReasons, wildcardReasons }) {
  if (!reasons[Sid]) throw new Error(`Expected a reason for the statement ${Sid} in tools/security.mjs`);
  used.add(Sid);
  const wild = listOf(Resource).includes("*") ? listOf(Action).map((action) => wildcardReasons[action]) : [];
  return [reasons[Sid], patternReasons[Sid], ...new Set(wild)]
    .filter(Boolean)
    .map((text) => text.replace(/\.$/, ""))
    .join(". ");
}

/** Equal rows are one. */
function distinctTable(head, rows) {
  return table(head, [...new Map(rows.map((row) => [row.join(), row])).values()]);
}

function statementRows(policies, explanations, ofWhom) {
  // They come in the order in which promises settle.
  const sorted = [...policies].sort((one, other) => (one.name < other.name ? -1 : 1));
  return sorted.flatMap(({ name, inputs }) =>
    JSON.parse(inputs.policy).Statement.map((statement) => [
      ofWhom(name, inputs),
      ...(statement.Principal ? [principalOf(statement)] : []),
      code(listOf(statement.Action)),
      ...(statement.Principal ? [] : [code(listOf(statement.Resource).map(symbolic))]),
      conditionsOf(statement),
      reasonOf(statement, explanations),
    ]),
  );
}

function principalOf({ Effect, Principal }) {
  if (Effect === "Deny") return "**denied** to everybody";
  return code([Principal.Service ?? symbolic(Principal.AWS).replace(/^iam /, "")]);
}

/** The blocks of the page by name. */
async function blocks() {
  const { ofType, resources } = await recordPrograms();
  const explanations = require("../components/aws/permissions.ts");
  const byRole = statementRows(
    ofType("iam/rolePolicy:RolePolicy"),
    explanations,
    (_name, { role }) => `\`${role.replace(/-1234567$/, "").replace(/-role$/, "")}\``,
  );
  const shared = ["sqs/queuePolicy:QueuePolicy", "sns/topicPolicy:TopicPolicy", "s3/bucketPolicy:BucketPolicy"];
  const byResource = statementRows(
    shared.flatMap((each) => ofType(each)),
    explanations,
    (name) => `\`${name.replace(/-policy$/, "")}\``,
  );
  const invocations = ofType("lambda/permission:Permission")
    .map(({ inputs }) => [
      `\`${inputs.function.replace(/-1234567$/, "").replace(/-function$/, "")}\``,
      code([inputs.principal]),
      code([symbolic(inputs.sourceArn)]),
    ])
    .sort();
  const idle = Object.keys(reasons).filter((sid) => !used.has(sid));
  if (idle.length > 0) throw new Error(`Expected no reason for statements that are not there, got ${idle.join(", ")}`);
  return {
    roles: distinctTable(["Role", "Actions", "Resources", "Conditions", "Why"], byRole),
    resources: distinctTable(["Resource", "Who", "Actions", "Conditions", "Why"], byResource),
    invocations: distinctTable(["Function", "Who", "On behalf of"], invocations),
    deployer: deployerTable(resources),
  };
}

/** The deployer's calls, by service; every type of the program must be known. */
function deployerTable(resources) {
  const byType = JSON.parse(readFileSync(join(root, "tools", "deployer.json"), "utf8"));
  const made = resources.filter(({ custom, type }) => custom || type.startsWith("awsx:")).map(({ type }) => type);
  const unknown = made.filter((each) => !each.startsWith("pulumi:") && !byType[each]);
  if (unknown.length > 0) throw new Error(`Expected actions for ${unknown.join(", ")} in tools/deployer.json`);
  const byService = new Map();
  for (const action of Object.values(byType).flat()) {
    const [service, name] = action.split(":");
    byService.set(service, (byService.get(service) ?? new Set()).add(name));
  }
  const rows = [...byService].sort().map(([service, names]) => [`\`${service}\``, code([...names].sort())]);
  return table(["Service", "Actions"], rows);
}

if (isMain(import.meta.url)) {
  const parts = Object.entries(await blocks()).map(([name, part]) => ({
    ...{ begin: `<!-- ${name} -->`, end: `<!-- /${name} -->`, part },
  }));
  await writeDocument("docs/security.md", withParts("docs/security.md", parts));
}
