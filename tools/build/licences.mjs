// The licences of the packages that a bundle holds, whose texts ask to be kept with copies.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../project.mjs";

/** Names, versions and licences of the packages in the bundle that esbuild describes. */
export function licencesOf({ inputs }) {
  const folders = new Set();
  for (const input of Object.keys(inputs)) {
    const found = /^(.*node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(input);
    if (found) folders.add(found[1]);
  }
  const parts = [...folders].sort().map((path) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, path, "package.json"), "utf8"));
    const file = readdirSync(join(root, path)).find((entry) => /^licen[cs]e/i.test(entry));
    if (!file && !license) throw new Error(`Expected a licence in ${path}, found none`);
    const text = file ? readFileSync(join(root, path, file), "utf8").trim() : `Licence: ${license}`;
    return `${name} ${version} (${license ?? "see below"})\n\n${text}\n`;
  });
  return `The files in this folder hold these packages.\n\n${parts.join(`\n${"-".repeat(80)}\n\n`)}`;
}
