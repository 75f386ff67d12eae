// Builds dist/ with its bundles and the Lambdas' text, and the worker's bundle. `--if-stale` does so only where a source is
// other than it was at the last build.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import digests from "./lambdaDigest.cjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, "dist", ".built");
const folders = ["bench", "cli", "client", "components", "contract", "demo", "functions", "local-cloud", "plugin"];
const settings = ["tsconfig.json", "tsconfig.build.json", "package-lock.json"];
const tools = ["tools/build.mjs", "tools/bundles.mjs", "tools/lambdas.mjs", "tools/lambdaDigest.cjs"];
const worker = ["worker-image/src", "worker-image/build.mjs"];
const sources = [...folders, "index.ts", "test/support/record.ts", ...worker, ...settings, ...tools];
const built = ["worker-image/dist/main.js", "client/dist/index.js", "dist/lambdas/manifest.json", "dist/.built"];

function run(...args) {
  const { status, error } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** Removes what earlier builds compiled from sources that are gone, which would be packed. */
function removeOrphans() {
  const compiled = /\.(d\.ts|js|js\.map)$/;
  for (const folder of folders) {
    const output = join(root, "dist", folder);
    if (!existsSync(output)) continue;
    for (const name of readdirSync(output, { recursive: true })) {
      const source = join(root, folder, name.replace(compiled, ".ts"));
      const isVendored = name.startsWith("vendor");
      if (compiled.test(name) && !isVendored && !existsSync(source)) rmSync(join(output, name));
    }
  }
}

// By content, not by times: a checkout of another commit may have older ones.
const digest = digests.digestOf(root, sources);
const isStale = built.some((file) => !existsSync(join(root, file))) || readFileSync(stamp, "utf8") !== digest;

if (!process.argv.includes("--if-stale") || isStale) {
  run(join(root, "worker-image", "build.mjs"));
  run(createRequire(import.meta.url).resolve("typescript/bin/tsc"), "-p", "tsconfig.build.json");
  removeOrphans();
  run(join(root, "tools", "bundles.mjs"));
  run(join(root, "tools", "lambdas.mjs"));
  mkdirSync(dirname(stamp), { recursive: true });
  // A change while the build runs makes it stale again, so the digest is that of the start.
  writeFileSync(stamp, digest);
}
