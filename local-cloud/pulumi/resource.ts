import { createHash, randomBytes } from "node:crypto";
import { accountId } from "../account";
import type { LocalCloud } from "../cloud";
import type { Properties } from "../properties";

export interface ResourceContext {
  cloud: LocalCloud;
  /** Type token, such as `aws:sqs/queue:Queue`. */
  type: string;
  /** Logical name. */
  name: string;
  /** Base of the program's relative paths. @default - the process's own folder */
  programFolder?: string;
  /** True if names of equal resources must differ: of several stacks, or of a resource and its replacement. */
  hasRandomNames?: boolean;
}

export interface Created {
  id: string;
  state: Properties;
}

/** Creates, changes and deletes one type of resource in the local cloud. */
export interface ResourceHandler {
  create(inputs: Properties, context: ResourceContext): Created | Promise<Created>;
  /** Resolves to the new state; names stay. Types without it are replaced. */
  update?(
    id: string,
    state: Properties,
    inputs: Properties,
    context: ResourceContext,
  ): Properties | Promise<Properties>;
  delete?(id: string, state: Properties, context: ResourceContext): void | Promise<unknown>;
}

/** A handler of resources that are changed in place just as they are made: `before` is the resource as it was. */
export function putHandler(
  put: (inputs: Properties, context: ResourceContext, before?: Created) => Created | Promise<Created>,
  remove: ResourceHandler["delete"],
): ResourceHandler {
  return {
    create: (inputs, context) => put(inputs, context),
    update: async (id, state, inputs, context) => (await put(inputs, context, { id, state })).state,
    delete: remove,
  };
}

/** Handlers by type token. */
export type ResourceHandlers = Record<string, ResourceHandler>;

/**
 * The physical name: the given one, else one made like that of Pulumi's AWS provider, but the same in each run: what a
 * folder of data holds is found by it.
 */
export function physicalName(inputs: Properties, context: ResourceContext, field = "name", suffix = ""): string {
  const { name, hasRandomNames } = context;
  const given = inputs[field];
  if (typeof given === "string" && given !== "") return given;
  const prefix = inputs[`${field}Prefix`];
  const steady = createHash("sha256").update(seedOf(context)).digest("hex").slice(0, 7);
  const end = hasRandomNames ? randomHex(7) : steady;
  return `${typeof prefix === "string" ? prefix : `${name}-`}${end}${suffix}`;
}

/** Text that makes a resource's name: of another region's it differs, since roles and buckets have global names. */
export function seedOf({ cloud, type, name }: Pick<ResourceContext, "cloud" | "type" | "name">): string {
  return `${type} ${name}${inRegion(cloud)}`;
}

/** Words for the region after the name of a resource: none for the first region. */
export function inRegion({ region, regions }: LocalCloud): string {
  return regions()[0]!.region === region ? "" : ` in ${region}`;
}

/** An ARN of the local account. Services without regions leave it empty: pass them in `region`. */
export function arnOf(cloud: LocalCloud, service: string, resource: string, region = cloud.region): string {
  return `arn:aws:${service}:${region}:${accountId}:${resource}`;
}

export function randomHex(digits: number): string {
  return randomBytes(Math.ceil(digits / 2))
    .toString("hex")
    .slice(0, digits);
}

/** JSON that the program gave as text or as an object. */
export function jsonText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
