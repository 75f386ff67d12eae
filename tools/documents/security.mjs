// Writes the tables of docs/security.md from the program. `--check` only says if they are up to date.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { isMain, root } from "../project.mjs";
import { table, writeBlocks } from "./document.mjs";

const require = createRequire(import.meta.url);

const component = "media";
const type = "thumbnail";

/** Resources of two programs that switch on all that grants a permission: an image is in ECR, or elsewhere. */
async function recordPrograms() {
  require("../../test/support/loader.cjs");
  const { BatchJobProcessor } = require("../../components/index.ts");
  const { record } = require("../../test/support/record.ts");
  const elsewhere = {
    image: "ghcr.io/acme/worker:1",
    registryCredentials: "arn:aws:secretsmanager:us-east-1:123456789012:secret:registry-AbCdEf",
    network: {},
  };
  const recordings = [];
  for (const more of [{}, elsewhere]) {
    const build = () =>
      new BatchJobProcessor(component, {
        processors: [{ name: type, handle: () => Promise.resolve(), payloadSchema: { type: "object" } }],
        events: true,
        secrets: {
          PASSWORD: "arn:aws:secretsmanager:us-east-1:123456789012:secret:database-AbCdEf#password",
          TOKEN: "arn:aws:ssm:us-east-1:123456789012:parameter/token",
        },
        sessionManager: true,
        dashboard: true,
        alarms: { email: "ops@example.com" },
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

function reasonOf({ Sid, Action, Resource }, { statementReasons, patternReasons, wildcardReasons }) {
  if (!statementReasons[Sid]) throw new Error(`Expected a reason for ${Sid} in components/aws/permissionReasons.ts`);
  used.add(Sid);
  const wild = listOf(Resource).includes("*") ? listOf(Action).map((action) => wildcardReasons[action]) : [];
  return [statementReasons[Sid], patternReasons[Sid], ...new Set(wild)]
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
  const explanations = require("../../components/aws/permissionReasons.ts");
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
  const idle = Object.keys(explanations.statementReasons).filter((sid) => !used.has(sid));
  if (idle.length > 0) throw new Error(`Expected no reason for statements that are not there, got ${idle.join(", ")}`);
  return {
    roles: distinctTable(["Role", "Actions", "Resources", "Conditions", "Why"], byRole),
    resources: distinctTable(["Resource", "Who", "Actions", "Conditions", "Why"], byResource),
    invocations: distinctTable(["Function", "Who", "On behalf of"], invocations),
    deployer: deployerTable(resources),
    scopes: scopePolicies(),
  };
}

/** A policy for callers of each scope. */
function scopePolicies() {
  const { routes } = require("../../contract/http/routes.ts");
  return ["submit", "read", "operate"]
    .map((scope) => {
      const own = Object.values(routes).filter((route) => route.scope === scope);
      const Resource = own.map(
        ({ method, path }) =>
          `arn:aws:execute-api:REGION:ACCOUNT:API/$default/${method}${path.replace(/\{\w+\}/, "*")}`,
      );
      const policy = {
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Action: "execute-api:Invoke", Resource }],
      };
      return `\`${scope}\`:\n\n\`\`\`json\n${JSON.stringify(policy, undefined, 2)}\n\`\`\``;
    })
    .join("\n\n");
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

if (isMain(import.meta.url)) await writeBlocks("docs/security.md", await blocks());
