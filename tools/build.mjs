// Builds dist/ with its bundles, and the worker's bundle. `--if-stale` does so only where a source is newer than the last build.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, "dist", ".built");
const folders = ["bench", "cli", "client", "components", "contract", "demo", "functions", "local-cloud", "plugin"];
const sources = [...folders, "worker-image/src", "worker-image/build.mjs"];

function newest(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function isStale() {
  const outputs = [stamp, join(root, "worker-image/dist/main.js"), join(root, "client/dist/index.js")];
  if (!outputs.every((file) => existsSync(file))) return true;
  const built = statSync(stamp).mtimeMs;
  const settings = ["tsconfig.json", "tsconfig.build.json", "package-lock.json", "tools/bundles.mjs"];
  const files = [...sources, "index.ts", ...settings];
  return files.some((file) => newest(join(root, file)) > built);
}

function run(...args) {
  const { status, error } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

if (!process.argv.includes("--if-stale") || isStale()) {
  // A change while the build runs makes it stale again, so the time that counts is the start.
  const start = new Date();
  run(join(root, "worker-image", "build.mjs"));
  run(createRequire(import.meta.url).resolve("typescript/bin/tsc"), "-p", "tsconfig.build.json");
  run(join(root, "tools", "bundles.mjs"));
  writeFileSync(stamp, "");
  utimesSync(stamp, start, start);
}
