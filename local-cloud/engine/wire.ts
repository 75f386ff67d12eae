import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import type { JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import type { Properties } from "../properties";

/** Properties in the engine's protocol: plain JSON, in which a few marked objects stand for other things. */
export type WireProperties = Record<string, JavaScriptValue>;

/** Key with the kind of a marked object ("Pulumi's wire format": `Sig` in the SDK). */
const markKey = "4dabf18193072939515e22adb298388d";
const marks = {
  asset: "c44067f5952c0a294b673a41bacd8c17",
  archive: "0def7320c3a5731c473e5ecbe6d01bc7",
  secret: "1b47061264138c4ac30d75fd1eb44270",
  output: "d0e6a833031e9bbcd3f4e8bde6ca49a4",
  resource: "5cf8f73096256a8f31e491e813e4eb8e",
};

/** Placeholder for values that a preview can't know yet. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Key under which a check keeps the names of the inputs that it added, as bridged providers do. */
export const defaultsKey = "__defaults";

/** Inputs or state as handlers take them: with assets and archives, without the protocol's own marks and keys. */
export function decode(properties: WireProperties): Properties {
  const entries = Object.entries(properties).filter(([key, value]) => key !== defaultsKey && value !== null);
  return Object.fromEntries(entries.map(([key, value]) => [key, decodeValue(value)]));
}

/**
 * A handler's state for the engine. Inputs that a handler passed on stay as they came, since archives and their
 * hashes must not change.
 */
export function encodeState(state: Properties, wireInputs: WireProperties, inputs: Properties): WireProperties {
  const entries = Object.entries(state).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, value === inputs[key] ? wireInputs[key]! : (value as JavaScriptValue)]),
  );
}

/** Keys at the top level whose values differ. Archives and assets are compared by their hashes. */
export function changedKeys(before: WireProperties, after: WireProperties): string[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => key !== defaultsKey);
  return keys.filter((key) => !isDeepStrictEqual(comparable(before[key]), comparable(after[key])));
}

/** The value of a marked secret, or of an output with its dependencies. */
export function unwrap(value: JavaScriptValue): JavaScriptValue {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(unwrap);
  const marked = value as WireProperties;
  if (marked[markKey] === marks.secret) return unwrap(marked.value!);
  if (marked[markKey] === marks.output) return marked.value === undefined ? unknown : unwrap(marked.value);
  return Object.fromEntries(Object.entries(marked).map(([key, each]) => [key, unwrap(each)]));
}

/** A reference to a resource, from which the program's SDK makes an object of the resource's class. */
export function reference(urn: string, id: string): WireProperties {
  return { [markKey]: marks.resource, urn, id };
}

function decodeValue(value: JavaScriptValue): unknown {
  if (Array.isArray(value)) return value.map(decodeValue);
  if (typeof value !== "object" || value === null) return value;
  const marked = value as WireProperties;
  switch (marked[markKey]) {
    case marks.archive:
      return decodeArchive(marked);
    case marks.asset:
      return decodeAsset(marked);
    case marks.secret:
      return decodeValue(marked.value!);
    default:
      return decode(marked);
  }
}

function decodeArchive({ assets, path, uri, hash }: WireProperties): unknown {
  if (assets) {
    const entries = Object.entries(assets).map(([name, entry]) => [name, decodeValue(entry as JavaScriptValue)]);
    return new pulumi.asset.AssetArchive(Object.fromEntries(entries) as pulumi.asset.AssetMap);
  }
  if (path) return new pulumi.asset.FileArchive(path as string);
  if (uri) return new pulumi.asset.RemoteArchive(uri as string);
  // The engine omits old contents, and only compares them with the new ones.
  return { hash };
}

function decodeAsset({ text, path, uri, hash }: WireProperties): unknown {
  if (text !== undefined && text !== "") return new pulumi.asset.StringAsset(text as string);
  if (path) return new pulumi.asset.FileAsset(path as string);
  if (uri) return new pulumi.asset.RemoteAsset(uri as string);
  return text === "" ? new pulumi.asset.StringAsset("") : { hash };
}

function comparable(value: JavaScriptValue | undefined): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object" || value === null) return value ?? undefined;
  const marked = value as WireProperties;
  const isContent = marked[markKey] === marks.archive || marked[markKey] === marks.asset;
  if (isContent) return { hash: marked.hash };
  const entries = Object.entries(marked).filter(([key, each]) => key !== defaultsKey && each !== null);
  return Object.fromEntries(entries.map(([key, each]) => [key, comparable(each)]));
}
