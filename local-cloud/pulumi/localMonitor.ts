import * as pulumi from "@pulumi/pulumi";
import type { LocalCloud } from "../cloud";
import { type Properties, text } from "../properties";
import { cloudFor } from "./cloudFor";
import { deployedIn, keyOf } from "./deployedResources";
import { answerTo, isEmulated, standInHandler } from "./emulation";
import { resources } from "./resourceTypes";
import { type StandIns, standInsFile } from "./standIns";

/** gRPC's code for a monitor that is gone: the runtime then silently stops registering resources. */
const unavailable = 14;

/** Replaces the Pulumi engine: creates each resource in the local cloud as the program registers it. */
export class LocalMonitor implements pulumi.runtime.Mocks {
  /** Rejects with the first error. */
  readonly failure: Promise<never>;
  fail!: (error: unknown) => void;
  private hasFailed = false;
  private readonly pending = new Set<Promise<unknown>>();

  private readonly seen = new Set<string>();
  /** Regions of the program's providers, by their ids. */
  private readonly regions = new Map<string, string>();
  /** Resources that are made of their inputs, or that the program reads and didn't make. */
  readonly notEmulated: string[] = [];

  /** `isUpdate`: existing resources are changed rather than made again. */
  constructor(
    private readonly cloud: LocalCloud,
    private readonly isUpdate: boolean,
    private readonly standIns: StandIns,
  ) {
    this.failure = new Promise((_resolve, reject) => {
      this.fail = (error) => {
        this.hasFailed = true;
        reject(error instanceof Error ? error : new Error(String(error)));
      };
    });
    this.failure.catch(() => undefined);
  }

  /** Resolves when all running creations are done. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.pending);
  }

  /** Deletes resources that the program no longer has. */
  async deleteUnseen(): Promise<void> {
    await deployedIn(this.cloud).deleteUnseen(this.seen);
  }

  async newResource(args: pulumi.runtime.MockResourceArgs): Promise<{ id: string | undefined; state: Properties }> {
    return this.guard(`${args.name} (${args.type})`, async () => {
      const { inputs, secrets } = withoutSecrets(args.inputs as Properties);
      if (args.type === "pulumi:pulumi:StackReference") return this.stackReference(inputs);
      if (isLocalComponent(args) && !resources[args.type]) return { id: undefined, state: inputs };
      const isStandIn = !isEmulated(args.type, inputs) || Boolean(args.id);
      const handler = isStandIn ? standInHandler(this.standIns, args.id) : resources[args.type]!;
      if (isStandIn && !args.type.startsWith("pulumi:providers:")) {
        this.notEmulated.push(`${args.name} (${args.type})`);
      }
      const { isUpdate } = this;
      const cloud = await this.cloudOf(args.type, inputs, args.provider);
      const context = { cloud, type: args.type, name: args.name };
      this.seen.add(keyOf(context));
      // Its outputs follow from the file of stand-ins, too, which may have changed though the inputs have not.
      const created =
        isUpdate && !isStandIn
          ? await deployedIn(cloud).createOrUpdate(handler, inputs, context)
          : await deployedIn(cloud).create(handler, inputs, context);
      if (args.type === "pulumi:providers:aws" && typeof inputs.region === "string")
        this.regions.set(created.id, inputs.region);
      for (const key of secrets) created.state[key] = pulumi.secret(created.state[key]);
      return created;
    });
  }

  async call(args: pulumi.runtime.MockCallArgs): Promise<Properties> {
    return this.guard(args.token, async () => {
      const { inputs } = withoutSecrets(args.inputs as Properties);
      const cloud = await this.cloudOf(args.token, inputs, args.provider);
      return answerTo(args.token, inputs, cloud, this.standIns);
    });
  }

  /** The cloud in the region of the resource or function, else of its provider, which is the end of a reference. */
  private async cloudOf(token: string, inputs: Properties, provider = ""): Promise<LocalCloud> {
    return cloudFor(this.cloud, token, inputs, this.regions.get(provider.replace(/^.*::/, "")));
  }

  private stackReference(inputs: Properties): { id: string; state: Properties } {
    const name = text(inputs, "name");
    const outputs = this.standIns.stackReferences[name];
    if (outputs) return { id: name, state: { name, outputs, secretOutputNames: [] } };
    const line = `stackReferences: { ${name}: { OUTPUT: value } }`;
    throw new Error(`there are no other stacks here; say what this one exports in ${standInsFile}: ${line}`);
  }

  private async guard<T>(what: string, action: () => T | Promise<T>): Promise<T> {
    if (this.hasFailed) throw terminating();
    const running = (async () => action())();
    this.pending.add(running);
    try {
      const result = await running;
      if (this.hasFailed) throw terminating();
      return result;
    } catch (error) {
      if (!this.hasFailed) this.fail(new Error(`${what}: ${(error as Error).message}`, { cause: error }));
      throw terminating();
    } finally {
      this.pending.delete(running);
    }
  }
}

function terminating(): Error {
  return Object.assign(new Error("The deployment has failed"), { code: unavailable });
}

/** A component of the program itself, or of a package that builds it in this process: only its children matter. */
function isLocalComponent({ custom, type }: pulumi.runtime.MockResourceArgs): boolean {
  return custom === false && !type.startsWith("awsx:");
}

/** Inputs as plain values, and the names of those that hold secrets. */
function withoutSecrets(inputs: Properties): { inputs: Properties; secrets: string[] } {
  const plain: Properties = {};
  const secrets: string[] = [];
  for (const [key, value] of Object.entries(inputs)) {
    if (pulumi.runtime.isRpcSecret(value)) secrets.push(key);
    plain[key] = pulumi.runtime.unwrapRpcSecret(value);
  }
  return { inputs: plain, secrets };
}
