import * as pulumi from "@pulumi/pulumi";
import { isReceiver } from "../../../contract/workerSettings";
import { instancePrices } from "../../aws/instancePrices";
import { environmentBytes, maxUserDataBytes, userDataBytes } from "../../boot/userData";
import { hasOwnHandler } from "../../handlers/shipHandlers";
import { isPending, resolve } from "../../pulumi/json";
import { type BatchJobProcessorArgs } from "../BatchJobProcessorArgs";
import { fleetUserData } from "../fleetUserData";
import { type ProcessorArgs, withDefaults } from "../ProcessorArgs";
import { referenceErrors, secretsOf } from "../secrets";
import { type TracesArgs } from "../TracesArgs";
import { invalidInputs } from "./invalidInputs";

type InputError = pulumi.InputPropertyErrorDetails;
type Environment = Record<string, pulumi.Input<string>>;
type Inputs = Pick<
  BatchJobProcessorArgs,
  "processors" | "environment" | "secrets" | "image" | "registryCredentials" | "metrics" | "usageLabels" | "traces"
>;

/**
 * Checks the environments, and the references of secrets, once their outputs are known, and at
 * once if a secret is among the environments. Resources that depend on the result wait for it.
 */
export function checkEnvironments(name: string, args: Inputs): pulumi.Output<void> {
  const all = [args, ...args.processors].map(({ environment, secrets, registryCredentials }) => ({
    environment,
    secrets,
    registryCredentials,
  }));
  const given = { all, traces: args.traces };
  const refuse = (errors: InputError[]) => {
    if (errors.length > 0) throw new pulumi.RunError(invalidInputs(name, errors));
  };
  return pulumi.output(secretErrors(args).then((errors) => (refuse(errors), true))).apply(() =>
    resolve(given, (resolved) => {
      const { all: known, traces } = resolved as typeof given;
      const [shared, ...own] = known;
      const processors = args.processors.map((processor, index) => ({ ...processor, ...own[index] }));
      const inputs = { ...args, ...shared, traces, processors };
      refuse([...lineErrors(inputs), ...referenceErrors(inputs), ...receiverErrors(inputs), ...sizeErrors(inputs)]);
    }),
  );
}

/** Variables that don't fit into user data, together with its other contents. Of outputs only the names count. */
export function sizeErrors(args: Inputs): InputError[] {
  const errors = args.processors.flatMap((processor, index) => {
    const room = roomFor(processor, args);
    const { environment: own = {}, command } = processor;
    const commandBytes = Buffer.byteLength(JSON.stringify(command ?? []));
    if (room < 0 && command !== undefined && room + commandBytes > 0) {
      const reason = `Expected a command of at most ${room + commandBytes} bytes as JSON, got ${commandBytes}: ${limit}`;
      return [{ propertyPath: `processors[${index}].command`, reason }];
    }
    const secrets = Object.keys(secretsOf(args, processor));
    if (room < 0 && secrets.length > 0) {
      const reason = `Expected fewer than ${secrets.length} secrets, whose ARNs take ${-room} bytes too many: ${limit}`;
      return [{ propertyPath: processor.secrets ? `processors[${index}].secrets` : "secrets", reason }];
    }
    const bytes = environmentBytes(knownOf({ ...args.environment, ...own }));
    if (bytes <= room) return [];
    const hasOwn = Object.keys(own).length > 0;
    const all = hasOwn && args.environment !== undefined ? "variables, the component's included," : "variables";
    const reason = `Expected ${all} of at most ${room} bytes as lines NAME=value, got ${bytes}: ${limit}`;
    return [{ propertyPath: hasOwn ? `processors[${index}].environment` : "environment", reason }];
  });
  return errors.filter(
    ({ propertyPath }, index) => errors.findIndex((other) => other.propertyPath === propertyPath) === index,
  );
}

const limit = `they lie in user data, of which EC2 takes ${maxUserDataBytes} bytes`;

/** Longest URL or ARN that is known only later. */
const longest = "x".repeat(160);

/** Longest name of a table, which begins with the component's. */
const longestName = "x".repeat(80);

/** A price as long as any. */
const longestPrice = 99.999_999;

/** Room in a processor's user data for variables of its own, whatever its names turn out to be. */
function roomFor(processor: ProcessorArgs, args: Inputs): number {
  const { image = args.image, registryCredentials = args.registryCredentials } = processor;
  const references = Object.entries(secretsOf(args, processor));
  const secrets = references.map(([variable, text]) => [variable, typeof text === "string" ? text : longest]);
  const values = {
    image: typeof image === "string" ? image : longest + longest,
    registryCredentials: registryCredentials === undefined ? undefined : longest,
    region: "us-isob-west-1",
    logGroup: longest,
    environment: {},
    addresses: {
      ...{ queueUrl: longest, deadLetterQueueUrl: longest, eventsTopic: longest, keptEventsQueueUrl: longest },
      ...{
        jobTable: longestName,
        payloadTable: longestName,
        keepPayloads: true,
        fleetTable: longestName,
        scalerFunction: longest,
      },
      ...(hasOwnHandler(processor) && { inlineHandler: longest }),
    },
    secrets: Object.fromEntries(secrets) as Record<string, string>,
    instancePrices: instancePrices(withDefaults(processor), () => longestPrice),
    usageLabels: args.usageLabels,
    ...{ metrics: args.metrics, component: longest, traces: args.traces && longestOf(args.traces) },
  };
  return maxUserDataBytes - userDataBytes(fleetUserData(withDefaults(processor), values));
}

function longestOf({ endpoint, headers = {} }: TracesArgs) {
  const lengthy = (value: pulumi.Input<string>) => (typeof value === "string" ? value : longest);
  const references = Object.entries(headers).map(([name, text]) => [name, lengthy(text)]);
  return { endpoint: lengthy(endpoint), headers: Object.fromEntries(references) as Record<string, string> };
}

function receiverErrors({ traces }: Inputs): InputError[] {
  const reason = traces && receiverProblem(traces.endpoint);
  return reason === undefined ? [] : [{ propertyPath: "traces.endpoint", reason }];
}

/** Problem of the receiver of spans. The message doesn't quote it: it may hold a password. */
export function receiverProblem(endpoint: unknown): string | undefined {
  if (typeof endpoint === "string" && isReceiver(endpoint)) return undefined;
  const got = typeof endpoint === "string" ? `another text of ${endpoint.length} characters` : typeof endpoint;
  return `Expected an http or https URL without user and password, got ${got}`;
}

function knownOf(environment: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, typeof value === "string" ? value : ""]),
  );
}

/** Each variable with its property path, and the other text that is in user data as it is given. */
function variablesOf(args: Inputs): [string, pulumi.Input<string>][] {
  const at = (path: string, environment: Environment = {}) =>
    Object.entries(environment).map(([name, value]): [string, pulumi.Input<string>] => [`${path}.${name}`, value]);
  const own = args.processors.map(({ environment }, index) => at(`processors[${index}].environment`, environment));
  const endpoint = args.traces ? at("traces", { endpoint: args.traces.endpoint }) : [];
  return [...at("environment", args.environment), ...own.flat(), ...endpoint];
}

async function secretErrors(args: Inputs): Promise<InputError[]> {
  const pending = variablesOf(args).filter(([, value]) => isPending(value));
  const secrets = await Promise.all(pending.map(([, value]) => pulumi.isSecret(pulumi.output(value))));
  return pending.filter((_, index) => secrets[index]).map(([propertyPath]) => ({ propertyPath, reason: secretReason }));
}

function lineErrors(args: Inputs): InputError[] {
  return variablesOf(args).flatMap(([propertyPath, value]) => {
    if (typeof value !== "string") return [{ propertyPath, reason: `Expected a text, got ${typeof value}` }];
    return /[\r\n\0]/.test(value) ? [{ propertyPath, reason: "Expected a text of one line, got several" }] : [];
  });
}

const secretReason =
  "Expected no secret, got one: everyone who may read the launch template sees variables in clear text. Keep it in Secrets Manager " +
  "or an SSM parameter and name its ARN in `secrets`, or give it as pulumi.unsecret(…) if it may be seen";
