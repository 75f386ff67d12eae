import { type Bundle, bundleHandler } from "./bundleHandler";
import { type BundleSource } from "./bundleSource";
import { KeptByFiles } from "./keptByFiles";

const bundles = new KeptByFiles<Bundle>();

/** The handler's bundle: made once in a process, and again only if a file that it was made of has another content. */
export async function bundleOnce(source: BundleSource): Promise<Bundle> {
  const before = bundles.get(source);
  if (before) return before;
  const bundle = await bundleHandler(source);
  bundles.set(source, bundle);
  return bundle;
}
