import * as pulumi from "@pulumi/pulumi";
import type { LocalCloud } from "../cloud";
import { deployedIn, keyOf } from "./deployedResources";
import { calls, resources } from "./resourceTypes";
import type { Properties } from "../properties";

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
  /** Resources of types that are unknown here. */
  private readonly unknown: string[] = [];

  /** `isUpdate`: existing resources are changed rather than made again. */
  constructor(
    private readonly cloud: LocalCloud,
    private readonly isUpdate: boolean,
  ) {
    this.failure = new Promise((_resolve, reject) => {
      this.fail = (error) => {
        this.hasFailed = true;
        reject(this.withUnknown(error instanceof Error ? error : new Error(String(error))));
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

  /** The first error, with all unknown types beside it: a developer wants to fix them together. */
  private get unknownText(): string {
    const [first, ...more] = this.unknown;
    if (first === undefined) return "";
    if (more.length === 0) return `${first}: the local cloud doesn't know this type of resource`;
    return `the local cloud doesn't know the types of ${this.unknown.length} resources:\n${this.unknown.map((each) => `  ${each}\n`).join("")}`.trimEnd();
  }

  /** Errors after an unknown resource make little sense without it. */
  private withUnknown(error: Error): Error {
    if (this.unknown.length === 0 || error.message === this.unknownText) return error;
    return new Error(`${this.unknownText}\nand then ${error.message}`, { cause: error });
  }

  /** @throws Error that names every resource of an unknown type */
  expectAllKnown(): void {
    if (this.unknown.length > 0) throw new Error(this.unknownText);
  }

  async newResource(args: pulumi.runtime.MockResourceArgs): Promise<{ id: string | undefined; state: Properties }> {
    return this.guard(`${args.name} (${args.type})`, async () => {
      const { inputs, secrets } = withoutSecrets(args.inputs as Properties);
      const handler = resources[args.type];
      if (!handler) {
        if (isLocalComponent(args)) return { id: undefined, state: inputs };
        this.unknown.push(`${args.name} (${args.type})`);
        // The program goes on, so that all unknown types are found.
        return { id: `unknown-${args.name}`, state: inputs };
      }
      if (args.id) throw new Error("the local cloud can't adopt or read a resource that it didn't create");
      const { cloud, isUpdate } = this;
      const context = { cloud, type: args.type, name: args.name };
      this.seen.add(keyOf(context));
      const created = isUpdate
        ? await deployedIn(cloud).createOrUpdate(handler, inputs, context)
        : await deployedIn(cloud).create(handler, inputs, context);
      for (const key of secrets) created.state[key] = pulumi.secret(created.state[key]);
      return created;
    });
  }

  async call(args: pulumi.runtime.MockCallArgs): Promise<Properties> {
    return this.guard(args.token, () => {
      const call = calls[args.token];
      if (!call) throw new Error("the local cloud doesn't know this function");
      return call(withoutSecrets(args.inputs as Properties).inputs, this.cloud);
    });
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
