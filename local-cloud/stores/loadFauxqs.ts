import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { buildApp } from "fauxqs" with { "resolution-mode": "import" };
import { builtFolder } from "../builtFolder";
import type { S3Store, SnsStore, SqsStore } from "./fauxqs";

export interface Fauxqs {
  buildApp: typeof buildApp;
  SqsStore: typeof SqsStore;
  SnsStore: typeof SnsStore;
  S3Store: typeof S3Store;
  /** Matches bodies that SendMessage refuses. */
  forbiddenCharacter: RegExp;
  /** Names that SetQueueAttributes takes. */
  settableAttributes: Set<string>;
}

/**
 * Loads fauxqs with its stores, from the bundle that tools/build/bundles.mjs makes: fauxqs exports only `buildApp`, but
 * the parts to correct are in the stores; and one of its dependencies refuses Node 20. package.json pins the exact
 * version.
 */
export function loadFauxqs(): Promise<Fauxqs> {
  const file = join(builtFolder, "vendor", "fauxqs.js");
  return import(pathToFileURL(file).href) as Promise<Fauxqs>;
}
