import { cp, mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";

/** Writes an archive's contents into a folder, as Lambda unpacks an upload. */
export async function unpack(archive: pulumi.asset.Asset | pulumi.asset.Archive, folder: string): Promise<void> {
  if (archive instanceof pulumi.asset.AssetArchive) {
    const entries = Object.entries(await archive.assets);
    await Promise.all(entries.map(([name, entry]) => unpack(entry, join(folder, name))));
  } else if (archive instanceof pulumi.asset.StringAsset) {
    await mkdir(dirname(folder), { recursive: true });
    await writeFile(folder, await archive.text);
  } else if (archive instanceof pulumi.asset.FileAsset) {
    await mkdir(dirname(folder), { recursive: true });
    await cp(await archive.path, folder);
  } else if (archive instanceof pulumi.asset.FileArchive) {
    await unpackFolder(await archive.path, folder);
  } else {
    throw new Error("Expected code as an archive of texts, files and folders; remote archives can't be run locally");
  }
}

async function unpackFolder(source: string, folder: string): Promise<void> {
  if (!(await stat(source)).isDirectory()) {
    throw new Error(`Expected a folder, got the file ${source}; packed archives can't be run locally`);
  }
  await cp(source, folder, { recursive: true });
}
