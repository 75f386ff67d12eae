import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { limits, typePattern } from "../../../contract/limits";
import { checkLabels } from "../../../contract/messages/envelope";
import { workerOptions, workerVariablePrefix } from "../../../contract/workerSettings";
import { Effect } from "../../aws/permissions";
import { isHandlerPath } from "../../handlers/handlerFile";
import { definitionOf } from "../../handlers/jobs/jobDeclaration";
import { type AlarmsArgs } from "../AlarmsArgs";
import { type BatchJobProcessorArgs } from "../BatchJobProcessorArgs";
import { type BudgetArgs } from "../BudgetArgs";
import { Acknowledge, Authorization, Egress, Metrics, PayloadForm } from "../choices";
import { type CorsArgs } from "../CorsArgs";
import { recommendedPattern } from "../defaults";
import { type JwtArgs, type ScopesArgs } from "../JwtArgs";
import { type LambdaArgs } from "../LambdaArgs";
import { type NetworkArgs } from "../NetworkArgs";
import { type CapacityChange, type JobSchedule, type ProcessorArgs } from "../ProcessorArgs";
import { credentialsProblem, referenceProblem } from "../secrets";
import { type ThrottlingArgs } from "../ThrottlingArgs";
import { type TracesArgs } from "../TracesArgs";
import { receiverProblem } from "./environmentErrors";
import { expecting, explainIssue } from "./explainIssue";

/** A value that may be known only later; the provider then checks its type. */
const input = (schema: z.ZodType) =>
  z.unknown().superRefine((value, context) => {
    if (pulumi.Output.isInstance(value) || value instanceof Promise) return;
    const outcome = schema.safeParse(value, { error: explainIssue });
    for (const { path, message } of outcome.error?.issues ?? []) {
      context.addIssue({ code: "custom", path, message });
    }
  });
const text = z.string().min(1);
/** A text that fits, as it was expected in words. */
const textLike = (fits: RegExp | ((text: string) => boolean), what: string) =>
  z.string().refine((given) => (fits instanceof RegExp ? fits.test(given) : fits(given)), expecting(what));
/** A text without a problem. */
const textWithout = (problemOf: (text: string) => string | undefined) =>
  z.string().superRefine((given, context) => {
    const message = problemOf(given);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });
const machineImage = input(
  textLike(
    (image) => /^ami-[0-9a-f]{8,17}$/.test(image) || recommendedPattern.test(image),
    '"recommended", "recommended:" with a label of letters, digits and hyphens, or an id such as "ami-0123456789abcdef0"',
  ),
);
const wholeNumber = (from: number, to: number) => z.number().int().min(from).max(to);
const seconds = (from: number, to: number) => z.number().min(from).max(to);
/**
 * Variables that a program may not set: those of the worker and of jobs, and those that Node, the AWS SDK or the loader
 * of programs read, so that a worker would fail without a clear reason.
 */
const reservedVariable = new RegExp(`^(${workerVariablePrefix}|JOB_|AWS_|NODE_|LD_|(PATH|HOME|TMPDIR|HOSTNAME)$)`);
const variable = textLike(/^[A-Za-z_][A-Za-z0-9_]*$/, "letters, digits and underscores").refine(
  (name) => !reservedVariable.test(name),
  expecting(
    `a name that isn't the worker's, a job's, Node's or the AWS SDK's (${workerVariablePrefix}, JOB_, AWS_, NODE_, LD_, PATH, HOME, TMPDIR, HOSTNAME)`,
  ),
);
const line = textLike(/^[^\r\n\0]*$/, "a text of one line");
/** Lines of `docker run --env-file`: no quoting, so no line breaks. */
const environment = z.record(variable, input(line));
/** Problems of a reference are described without it: it may be the secret itself. */
const secrets = z.record(variable, input(textWithout(referenceProblem)));
const registryCredentials = input(textWithout(credentialsProblem));
const statements = z.array(
  z.strictObject({
    Sid: textLike(/^[A-Za-z0-9]+$/, "letters and digits").optional(),
    Effect: z.enum(Effect).optional(),
    Action: z.array(text).min(1),
    Resource: z.union([z.array(input(text)).min(1), input(text)]),
    Condition: z.unknown().optional(),
  }),
);
/** The values that CloudWatch Logs takes (PutRetentionPolicy). */
const retentionDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1_096, 1_827, 2_192, 2_557, 2_922, 3_288, 3_653,
];

/** One field of cron: numbers, names, ranges, steps and lists ("Scheduled scaling for Amazon EC2 Auto Scaling"). */
const cronValue = "(\\d{1,2}|MON|TUE|WED|THU|FRI|SAT|SUN|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)";
const cronRange = `(\\*|${cronValue}(-${cronValue})?)(/\\d{1,2})?`;
const cronField = new RegExp(`^${cronRange}(,${cronRange})*$`, "i");
const timeZone = textLike(isTimeZone, 'a time zone, such as "Europe/Berlin"');
const capacityChange = z.strictObject({
  recurrence: textLike((cron) => {
    const fields = cron.split(" ");
    return fields.length === 5 && fields.every((field) => cronField.test(field));
  }, 'five fields of cron, such as "0 8 * * MON-FRI"'),
  timeZone: timeZone.optional(),
  minInstances: wholeNumber(0, 1_000),
} satisfies Record<keyof CapacityChange, z.ZodType>);

const origin = textLike(
  /^(\*|https?:\/\/(\*|[^\s/*?#@]+))$/,
  '"*" or an origin without a path, such as "https://app.example.com"',
);
const cors = z.strictObject({
  allowOrigins: z.array(input(origin)).min(1),
  allowHeaders: z.array(input(textLike(/^[A-Za-z0-9-]+$|^\*$/, "a header's name"))).optional(),
  maxAge: wholeNumber(0, 86_400).optional(),
} satisfies Record<keyof CorsArgs, z.ZodType>);

const network = z.strictObject({
  vpcId: input(text).optional(),
  subnetIds: input(z.array(input(text)).min(1)).optional(),
  // An interface takes 16, one of which is the component's ("Amazon VPC quotas").
  securityGroupIds: input(z.array(input(text)).min(1).max(15)).optional(),
  privateWorkers: z.boolean().optional(),
  egress: z.enum(Egress).optional(),
  flowLogs: z.boolean().optional(),
} satisfies Record<keyof NetworkArgs, z.ZodType>);

/** A scope, by RFC 6749. */
const scope = input(textLike(/^[\x21\x23-\x5b\x5d-\x7e]+$/, "one scope")).optional();

const jwt = z.strictObject({
  issuer: input(text),
  audiences: z.array(input(text)).min(1),
  scopes: z
    .strictObject({ submit: scope, read: scope, operate: scope } satisfies Record<keyof ScopesArgs, z.ZodType>)
    .optional(),
  operators: z.array(input(text)).min(1).optional(),
  tenantClaim: input(text).optional(),
} satisfies Record<keyof JwtArgs, z.ZodType>);

/** A header's name, by RFC 9110. */
const headerName = textLike(/^[\w!#$%&'*+.^`|~-]+$/, "a header's name");

const traces = z.strictObject({
  endpoint: input(textWithout(receiverProblem)),
  headers: z.record(headerName, input(textWithout(referenceProblem))).optional(),
} satisfies Record<keyof TracesArgs, z.ZodType>);

const throttling = z.strictObject({
  burstLimit: wholeNumber(0, 1_000_000).optional(),
  rateLimit: seconds(0, 1_000_000).optional(),
} satisfies Record<keyof ThrottlingArgs, z.ZodType>);

const alarms = z.strictObject({
  topicArn: input(textLike(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]+$/, "the ARN of a topic")).optional(),
  email: input(textLike(/^[^\s@]+@[^\s@]+$/, "an address")).optional(),
  deadLetters: wholeNumber(1, 1_000_000).optional(),
  stalledSeconds: wholeNumber(60, 86_400).optional(),
} satisfies Record<keyof AlarmsArgs, z.ZodType>);

const budget = z.strictObject({
  dollarsPerDay: z.number().positive().max(10_000_000),
  then: textLike(/^alarm$/, '"alarm": a budget can only alarm yet, and stops no job').optional(),
} satisfies Record<keyof BudgetArgs, z.ZodType>);

const lambda = z.strictObject({
  memorySize: wholeNumber(128, 10_240).optional(),
  reservedConcurrency: wholeNumber(1, 100_000).optional(),
  provisionedConcurrency: wholeNumber(1, 100_000).optional(),
} satisfies Record<keyof LambdaArgs, z.ZodType>);

const jobSchedule = z.strictObject({
  name: textLike(typePattern, `kebab-case of 1–${limits.maxTypeCharacters} characters`),
  // EventBridge checks the rest.
  expression: textLike(
    /^(rate\([1-9]\d* (minutes?|hours?|days?)\)|cron\(\S+( \S+){5}\))$/,
    '"rate(5 minutes)" or a cron of six fields, such as "cron(0 8 ? * MON-FRI *)"',
  ),
  timeZone: timeZone.optional(),
  payload: z.json().optional(),
  labels: z
    .record(z.string(), z.string())
    .superRefine((labels, context) => {
      for (const { message } of checkLabels({ labels })) context.addIssue({ code: "custom", message });
    })
    .optional(),
} satisfies Record<keyof JobSchedule, z.ZodType>);

const processorSchema = z.strictObject({
  name: textLike(typePattern, `kebab-case of 1–${limits.maxTypeCharacters} characters, such as "word-count"`),
  handler: textLike(
    (handler) => isHandlerPath(handler) || /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(handler),
    'the path of a file, such as "./jobs/invoice.ts", or the name of a module of the worker image',
  ).optional(),
  command: z
    .array(line)
    .min(1)
    .refine(([program]) => program !== "", expecting("a program as the first text"))
    .optional(),
  handle: z.custom((value) => typeof value === "function" || definitionOf(value), expecting("a function")).optional(),
  description: z.string().max(1_000).optional(),
  payloadSchema: z.record(z.string(), z.unknown()).optional(),
  payloads: z.enum(PayloadForm).optional(),
  image: input(text).optional(),
  registryCredentials: registryCredentials.optional(),
  machineImage: machineImage.optional(),
  instanceTypes: z.array(text).min(1).max(40).optional(),
  gpu: z.boolean().optional(),
  spot: z.boolean().optional(),
  onDemandBaseCapacity: wholeNumber(0, 1_000).optional(),
  pricePerInstanceHour: z.number().min(0).max(10_000).optional(),
  rootVolumeGb: wholeNumber(30, 16_384).optional(),
  instanceStore: z.boolean().optional(),
  slots: workerOption("slots"),
  memoryMegabytes: workerOption("memoryMegabytes"),
  prefetch: workerOption("prefetch"),
  acknowledge: z.enum(Acknowledge).optional(),
  timeoutSeconds: workerOption("timeoutSeconds"),
  maxAttempts: workerOption("maxAttempts"),
  backoffSeconds: workerOption("backoffSeconds"),
  drainSeconds: workerOption("drainSeconds"),
  idleSeconds: workerOption("idleSeconds"),
  // An Auto Scaling group takes 125 scheduled actions ("Quotas for Amazon EC2 Auto Scaling").
  capacitySchedule: z.array(capacityChange).max(125).optional(),
  minInstances: wholeNumber(0, 1_000).optional(),
  maxInstances: wholeNumber(1, 1_000).optional(),
  targetLatencySeconds: seconds(1, 86_400).optional(),
  secondsPerJob: seconds(0.001, limits.maxTimeoutSeconds).optional(),
  schedules: z.array(jobSchedule).max(100).optional(),
  environment: environment.optional(),
  secrets: secrets.optional(),
  policyStatements: statements.optional(),
} satisfies Record<keyof ProcessorArgs, z.ZodType>);

/** A number that the worker is given: the worker's table has its range. */
function workerOption(
  field: keyof {
    [F in keyof typeof workerOptions as (typeof workerOptions)[F] extends { from: number } ? F : never]: F;
  },
) {
  const { from, to, isWhole } = workerOptions[field];
  return (isWhole ? wholeNumber(from, to) : seconds(from, to)).optional();
}

/** The shape of the component's inputs, property by property. */
export const argsSchema = z.strictObject({
  processors: z.array(processorSchema).min(1),
  tracking: z.boolean().optional(),
  keepPayloads: z.boolean().optional(),
  schedulesEnabled: z.boolean().optional(),
  events: z.boolean().optional(),
  pointInTimeRecovery: z.boolean().optional(),
  authorization: z.enum(Authorization, { error: explainAuthorization }).optional(),
  jwt: jwt.optional(),
  cors: cors.optional(),
  throttling: throttling.optional(),
  network: network.optional(),
  sessionManager: z.boolean().optional(),
  image: input(text).optional(),
  registryCredentials: registryCredentials.optional(),
  machineImage: machineImage.optional(),
  policyStatements: statements.optional(),
  environment: environment.optional(),
  secrets: secrets.optional(),
  logRetentionDays: z
    .number()
    .refine((days) => retentionDays.includes(days), expecting(`one of ${retentionDays.join(", ")}`))
    .optional(),
  metrics: z.enum(Metrics).optional(),
  usageLabels: z
    .array(textLike(isLabelName, "a label's name, [a-z][a-z0-9-]{0,39}"))
    .min(1)
    .max(2)
    .refine((names) => new Set(names).size === names.length, expecting("different labels"))
    .optional(),
  alarms: alarms.optional(),
  budget: budget.optional(),
  dashboard: z.boolean().optional(),
  traces: traces.optional(),
  frontend: lambda.optional(),
  router: lambda.optional(),
  kmsKey: input(
    textLike(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/, "the ARN of a KMS key, no alias"),
  ).optional(),
  tags: z.record(text.max(128), z.string().max(256)).optional(),
} satisfies Record<keyof BatchJobProcessorArgs, z.ZodType>);

/** True for the name of a time zone; Node would also accept offsets, which AWS refuses. */
function isTimeZone(name: string): boolean {
  try {
    return /^[A-Za-z]/.test(name) && new Intl.DateTimeFormat("en", { timeZone: name }) instanceof Intl.DateTimeFormat;
  } catch {
    return false;
  }
}

function isLabelName(name: string): boolean {
  return checkLabels({ labels: { [name]: "value" } }).length === 0;
}

/** `"jwt"` was a value once. */
function explainAuthorization({ input }: { input?: unknown }): string | undefined {
  return input === "jwt" ? "Expected jwt: { issuer, audiences } instead" : undefined;
}
