import { isObject } from "../check";

export type Schema = boolean | Record<string, unknown>;

/** A schema with an address of its own, and its parts by name. */
export interface Resource {
  uri: string;
  root: Schema;
  anchors: Map<string, Schema>;
  dynamicAnchors: Map<string, Schema>;
}

/** A schema, and its resource. */
export interface Target {
  schema: Schema;
  resource: Resource;
}

export interface References {
  root: Resource;
  /** Returns a schema's resource. */
  resourceOf: (schema: Schema, otherwise: Resource) => Resource;
  /** Returns the target of a reference in a resource; throws if there is none. */
  resolve: (reference: string, resource: Resource) => Target;
}

/** Searches all of a schema's parts for targets of references; a map of schemas by name counts as a part, too. */
export function findReferences(root: Schema): References {
  const resources = new Map<string, Resource>();
  const resourceOfPart = new Map<object, Resource>();
  const addResource = (uri: string, schema: Schema) => {
    const resource: Resource = { uri, root: schema, anchors: new Map(), dynamicAnchors: new Map() };
    resources.set(uri, resource);
    return resource;
  };

  function visit(schema: unknown, within: Resource): void {
    if (Array.isArray(schema)) schema.forEach((part) => visit(part, within));
    if (!isObject(schema)) return;
    let resource = within;
    const { $id, $anchor, $dynamicAnchor } = schema;
    // In draft-07 an `$id` of a fragment alone is an anchor.
    if (typeof $id === "string" && $id.startsWith("#")) resource.anchors.set($id.slice(1), schema);
    else if (typeof $id === "string") resource = addResource(resolveUri($id, within.uri), schema);
    for (const anchor of [$anchor, $dynamicAnchor]) {
      if (typeof anchor === "string") resource.anchors.set(anchor, schema);
    }
    if (typeof $dynamicAnchor === "string") resource.dynamicAnchors.set($dynamicAnchor, schema);
    resourceOfPart.set(schema, resource);
    for (const [keyword, part] of Object.entries(schema))
      if (!/^(const|enum|default|examples)$/.test(keyword)) visit(part, resource);
  }

  const outermost = addResource("schema:///", root);
  visit(root, outermost);
  const resourceOf = (schema: Schema, otherwise: Resource) =>
    (isObject(schema) ? resourceOfPart.get(schema) : undefined) ?? otherwise;

  return {
    root: resourceOf(root, outermost),
    resourceOf,
    resolve(reference, from) {
      const [uri = "", fragment = ""] = reference.split("#", 2);
      const resource = uri === "" ? from : resources.get(resolveUri(uri, from.uri));
      const name = decodeFragment(fragment);
      const schema = name === "" || name.startsWith("/") ? partAt(resource?.root, name) : resource?.anchors.get(name);
      if (!resource || (typeof schema !== "boolean" && !isObject(schema))) {
        throw new Error(`Expected a reference to a part of the schema, got ${JSON.stringify(reference)}`);
      }
      return { schema, resource: resourceOf(schema, resource) };
    },
  };
}

function resolveUri(reference: string, base: string): string {
  try {
    return new URL(reference, base).href.replace(/#$/, "");
  } catch {
    // Such as a name beside a URN, to which nothing is relative.
    return reference;
  }
}

function decodeFragment(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

/** The value at a JSON pointer. */
function partAt(root: unknown, pointer: string): unknown {
  return pointer
    .split("/")
    .slice(1)
    .map((key) => key.replace(/~1/g, "/").replace(/~0/g, "~"))
    .reduce<unknown>((value, key) => {
      const isContainer = typeof value === "object" && value !== null;
      return isContainer && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
    }, root);
}
