import { dirname } from "node:path";

/** Folder of a provider's SDK for Node, as the program finds it, or else this package; undefined if there is none. */
export function sdkFolder(name: string): string | undefined {
  try {
    return dirname(require.resolve(`@pulumi/${name}/package.json`, { paths: [process.cwd(), __dirname] }));
  } catch {
    return undefined;
  }
}
