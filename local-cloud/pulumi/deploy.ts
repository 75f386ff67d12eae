import * as pulumi from "@pulumi/pulumi";
import type { LocalCloud } from "../cloud";
import type { StackConfig } from "../program/stackConfig";
import { localSecretsFile } from "../secrets/localSecrets";
import { deployedIn } from "./deployedResources";
import { LocalMonitor } from "./localMonitor";
import { hearRegistrations } from "./registrations";
import { noStandIns, type StandIns, standInsFile } from "./standIns";

export interface DeployOptions {
  /** The top level of a Pulumi program; returns the stack's outputs. */
  program: () => unknown;
  cloud: LocalCloud;
  project: string;
  stack: string;
  config?: StackConfig;
  organization?: string;
  /**
   * True if the program replaces the earlier deployment in this cloud, as `pulumi up` does: it changes only
   * differences, and deletes removed resources. @default false
   */
  isUpdate?: boolean;
  /** Outputs and answers of what the local cloud doesn't emulate. @default - none */
  standIns?: StandIns;
  /** Refuse resources of types that the local cloud doesn't emulate. @default false */
  isStrict?: boolean;
}

/** Stack outputs as plain values. */
export type StackOutputs = Record<string, unknown>;

let isDeploying = false;

/**
 * Runs a Pulumi program in this process, against the local cloud, and resolves to its outputs once everything is
 * created. On the first error it throws that error, which names the resource, and stops the cloud; an update that
 * fails leaves the cloud running, with what it hadn't come to as it was.
 *
 * One at a time: Pulumi's runtime keeps the deployment in globals.
 */
export async function deploy(options: DeployOptions): Promise<StackOutputs> {
  if (isDeploying) throw new Error("Another deployment is running in this process");
  isDeploying = true;
  const monitor = new LocalMonitor(options.cloud, options.isUpdate ?? false, options.standIns ?? noStandIns);
  const watch = watchRejections((error) => monitor.fail(error));
  try {
    return await Promise.race([monitor.failure, run(options, monitor)]);
  } catch (error) {
    monitor.fail(error);
    await monitor.settled();
    if (!options.isUpdate) await options.cloud.stop();
    throw await monitor.failure.catch((first: unknown) => first);
  } finally {
    await watch.end();
    isDeploying = false;
  }
}

async function run(options: DeployOptions, monitor: LocalMonitor): Promise<StackOutputs> {
  const { project, stack, organization = "local", config = {} } = options;
  await pulumi.runtime.setMocks(monitor, project, stack, false, organization);
  pulumi.runtime.setAllConfig(config);
  hearRegistrations((error) => monitor.fail(error), deployedIn(options.cloud).dependencies);
  const outputs = (await pulumi.runtime.runInPulumiStack(() => Promise.resolve(options.program()))) as unknown;
  await pulumi.runtime.disconnect();
  const plain = await new Promise<unknown>((resolve) => {
    pulumi.output(outputs ?? {}).apply(resolve);
  });
  await unhandledRejectionsReported();
  reportDeployed(options, monitor.notEmulated);
  if (options.isUpdate) await monitor.deleteUnseen();
  else options.cloud.resume();
  return plain as StackOutputs;
}

/**
 * Says which resources aren't emulated, and which secrets lack a value.
 *
 * @throws Error if a resource isn't emulated and the deployment is strict
 */
export function reportDeployed(
  { cloud, isStrict }: Pick<DeployOptions, "cloud" | "isStrict">,
  resources: string[],
): void {
  if (resources.length > 0) reportNotEmulated(resources, cloud, isStrict);
  reportSecrets(cloud);
}

function reportNotEmulated(resources: string[], cloud: LocalCloud, isStrict = false): void {
  const list = resources.map((each) => `\n  ${each}`).join("");
  if (isStrict) throw new Error(`Expected only resources that the local cloud emulates, got${list}`);
  const line = `Not emulated, made of their inputs (${standInsFile} may say what else they give):${list}`;
  cloud.log({ source: "cloud", name: "deployment", stream: "stderr", line });
}

function reportSecrets({ regions, log }: LocalCloud): void {
  const stores = regions().map(({ secrets }) => secrets);
  const without = new Set(stores.flatMap((secrets) => secrets.missing()));
  const missing = [...without].map((variable) => `${variable} has no value, so its workers can't start: add it`);
  const [unused = [], ...others] = stores.map((secrets) => secrets.superfluous());
  const superfluous = unused
    .filter((variable) => others.every((each) => each.includes(variable)))
    .map((variable) => `no processor has ${variable} among its secrets`);
  for (const line of [...missing, ...superfluous]) {
    log({ source: "cloud", name: localSecretsFile, stream: "stderr", line });
  }
}

/** Node reports them once the current turn is over. */
function unhandledRejectionsReported(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Errors in a program's callbacks (`apply`) surface only as unhandled rejections, so while the
 * program runs they count as its failures, instead of the process's usual reaction.
 */
function watchRejections(onRejection: (error: unknown) => void): { end(): Promise<void> } {
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", onRejection);
  return {
    async end() {
      // One failure rejects many promises.
      await unhandledRejectionsReported();
      process.off("unhandledRejection", onRejection);
      others.forEach((listener) => process.on("unhandledRejection", listener));
    },
  };
}
