import { createHash } from "node:crypto";
import { channel } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import { bundledFilesChannel } from "../../../contract/handlers/handlerBundle";
import { type BundleSource } from "./bundleSource";

/** Keeps what was made of files for as long as none of them changes, and tells a local run which to watch. */
export class KeptByFiles<Value extends { inputs: string[] }> {
  private readonly kept = new Map<string, { value: Value; hashes: string[] }>();

  get(source: BundleSource): Value | undefined {
    const found = this.kept.get(JSON.stringify(source));
    const isFresh = found?.value.inputs.every((file, index) => hashOf(file) === found.hashes[index]);
    return isFresh ? found?.value : undefined;
  }

  set(source: BundleSource, value: Value): void {
    this.kept.set(JSON.stringify(source), { value, hashes: value.inputs.map(hashOf) });
    channel(bundledFilesChannel).publish(value.inputs);
  }
}

function hashOf(file: string): string {
  try {
    return createHash("sha256").update(readFileSync(file)).digest("base64");
  } catch {
    return "";
  }
}
