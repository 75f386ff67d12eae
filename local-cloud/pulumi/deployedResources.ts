import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import type { LocalCloud } from "../cloud";
import type { Properties } from "../properties";
import { changeInPlace } from "./changeInPlace";
import { replaceOn } from "./replacements";
import type { Created, ResourceContext, ResourceHandler } from "./resource";

/** A resource of the local cloud. */
interface DeployedResource {
  context: ResourceContext;
  handler: ResourceHandler;
  id: string;
  inputs: Properties;
  state: Properties;
}

/**
 * Resources that programs have brought up in a cloud, so that a later program can take over: by region, type and
 * logical name.
 */
export class DeployedResources {
  private readonly all = new Map<string, DeployedResource>();
  /** Names of the resources that each one depends on, by its own: in each region alike. */
  readonly dependencies = new Map<string, string[]>();

  async create(handler: ResourceHandler, inputs: Properties, context: ResourceContext): Promise<Created> {
    const { id, state } = await handler.create(inputs, context);
    return this.keep({ context, handler, id, inputs, state });
  }

  /**
   * Creates missing resources, keeps those with the same inputs, and changes the rest: in place if AWS can, else by
   * a new one once the old one is gone.
   */
  async createOrUpdate(handler: ResourceHandler, inputs: Properties, context: ResourceContext): Promise<Created> {
    const before = this.all.get(keyOf(context));
    if (!before) return this.create(handler, inputs, context);
    const changed = await changedKeys(before.inputs, inputs);
    if (changed.length === 0) return this.keep({ ...before, context });
    if (changed.some((key) => replaceOn[context.type]?.includes(key))) {
      await handler.delete?.(before.id, before.state, before.context);
      return this.create(handler, inputs, context);
    }
    return this.keep({ ...before, context, inputs, state: await changeInPlace(handler, before, inputs, context) });
  }

  /**
   * Deletes resources made before the given moment and not seen since, each once what depends on it is gone: others
   * needn't wait for a removed type's queue, which takes a minute to drain.
   */
  async deleteUnseen(seen: ReadonlySet<string>): Promise<void> {
    const deletions = new Map<ResourceContext, Promise<unknown>>();
    // Dependents are made later.
    for (const [key, { handler, id, state, context }] of [...this.all].reverse()) {
      if (seen.has(key)) continue;
      const dependents = [...deletions].filter(([other]) =>
        this.dependencies.get(nameOf(other))?.includes(nameOf(context)),
      );
      const remove = async () => {
        await Promise.all(dependents.map(([, deletion]) => deletion));
        await handler.delete?.(id, state, context);
        this.all.delete(key);
      };
      deletions.set(context, remove());
    }
    await Promise.allSettled(deletions.values());
    await Promise.all(deletions.values());
  }

  /** The cloud's state of each resource of that type. */
  statesOf(type: string): Properties[] {
    return [...this.all.values()].filter(({ context }) => context.type === type).map(({ state }) => state);
  }

  /** Takes note of a resource that is there. The latest comes last. */
  keep(resource: DeployedResource): Created {
    const key = keyOf(resource.context);
    this.all.delete(key);
    this.all.set(key, resource);
    return { id: resource.id, state: { ...resource.state } };
  }
}

const byCloud = new WeakMap<LocalCloud, DeployedResources>();

/** Resources that programs have brought up in all regions of the cloud, which itself has no notion of resources. */
export function deployedIn({ regions }: LocalCloud): DeployedResources {
  const [first] = regions() as [LocalCloud];
  const known = byCloud.get(first) ?? new DeployedResources();
  byCloud.set(first, known);
  return known;
}

/** Two resources of a program in a region never share a type and a logical name: Pulumi's mocks provide only these. */
export function keyOf(context: Pick<ResourceContext, "cloud" | "type" | "name">): string {
  return `${context.cloud.region} ${nameOf(context)}`;
}

/** Type and logical name. */
export function nameOf({ type, name }: Pick<ResourceContext, "type" | "name">): string {
  return `${type} ${name}`;
}

async function changedKeys(before: Properties, after: Properties): Promise<string[]> {
  const [old, now] = (await Promise.all([comparable(before), comparable(after)])) as [Properties, Properties];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
    (key) => !isDeepStrictEqual(old[key], now[key]),
  );
}

/**
 * Inputs as plain values, including texts of archives; files and folders never compare equal, since they may have
 * changed.
 */
async function comparable(value: unknown): Promise<unknown> {
  if (value instanceof pulumi.asset.AssetArchive) return comparable(await value.assets);
  if (value instanceof pulumi.asset.StringAsset) return { text: await value.text };
  if (Array.isArray(value)) return Promise.all(value.map(comparable));
  if (pulumi.asset.Asset.isInstance(value) || pulumi.asset.Archive.isInstance(value)) return { unlike: Symbol("any") };
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(await Promise.all(entries.map(async ([key, each]) => [key, await comparable(each)])));
}
