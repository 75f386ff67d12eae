import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type Bundle, bundleHandler } from "./bundleHandler";
import { type BundleSource } from "./bundleSource";

interface Kept {
  bundle: Bundle;
  /** Hashes of the files that it was made of. */
  hashes: string[];
}

const bundles = new Map<string, Promise<Kept>>();

/** The handler's bundle: made once in a process, and again only if a file that it was made of has another content. */
export async function bundleOnce(source: BundleSource): Promise<Bundle> {
  const key = JSON.stringify(source);
  const before = bundles.get(key);
  const current = before === undefined ? makeBundle(source) : before.then((kept) => refresh(kept, source));
  bundles.set(key, current);
  try {
    return (await current).bundle;
  } catch (error) {
    if (bundles.get(key) === current) bundles.delete(key);
    throw error;
  }
}

async function makeBundle(source: BundleSource): Promise<Kept> {
  const bundle = await bundleHandler(source);
  return { bundle, hashes: await hashesOf(bundle.inputs) };
}

async function refresh(kept: Kept, source: BundleSource): Promise<Kept> {
  const hashes = await hashesOf(kept.bundle.inputs);
  return hashes.every((hash, index) => hash === kept.hashes[index]) ? kept : makeBundle(source);
}

function hashesOf(files: string[]): Promise<string[]> {
  return Promise.all(
    files.map(async (file) => {
      const content = await readFile(file).catch(() => "");
      return createHash("sha256").update(content).digest("base64");
    }),
  );
}
