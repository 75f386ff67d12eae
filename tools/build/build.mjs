// Builds dist/ with its bundles and the Lambdas' text, and the worker's bundle. With `--if-stale` only if a source has
// changed since the last build.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, normalize } from "node:path";
import { root } from "../project.mjs";
import digests from "./lambdaDigest.cjs";

const stamp = join(root, "dist", ".built");
const folders = [
  "bench",
  "cli",
  "client",
  "components",
  "contract",
  "demo",
  "functions",
  "local-cloud",
  "plugin",
  "testing",
];
const settings = ["tsconfig.json", "tsconfig.build.json", "package-lock.json"];
const tools = ["tools/build", "tools/project.mjs"];
const worker = ["worker-image/src", "worker-image/build.mjs"];
const sources = [...folders, "console", "index.ts", "test/support/record.ts", ...worker, ...settings, ...tools];
const built = [
  "worker-image/dist/main.js",
  "client/dist/index.js",
  "local-cloud/dist/index.js",
  "dist/console/index.html",
  "dist/lambdas/manifest.json",
  "dist/.built",
];

function run(...args) {
  const { status, error } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** Compiles, and removes the outputs of deleted sources, which would be packed. */
function compile() {
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  const args = [tsc, "-p", "tsconfig.build.json", "--listEmittedFiles"];
  const { status, stdout } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 64e6,
  });
  const emitted = new Set([...stdout.matchAll(/^TSFILE: (.*)$/gm)].map(([, file]) => normalize(file)));
  process.stdout.write(stdout.replace(/^TSFILE: .*\n/gm, ""));
  if (status !== 0) process.exit(status ?? 1);
  for (const folder of folders.filter((name) => existsSync(join(root, "dist", name)))) {
    for (const entry of readdirSync(join(root, "dist", folder), { recursive: true, withFileTypes: true })) {
      const file = join(entry.parentPath ?? entry.path, entry.name);
      const isVendored = dirname(file).endsWith("vendor");
      if (entry.isFile() && !isVendored && !emitted.has(file)) rmSync(file);
    }
  }
}

// By content, not by times: a checkout of another commit may have older ones.
const digest = digests.digestOf(root, sources);
const isStale = built.some((file) => !existsSync(join(root, file))) || readFileSync(stamp, "utf8") !== digest;

if (!process.argv.includes("--if-stale") || isStale) {
  run(join(root, "worker-image", "build.mjs"));
  compile();
  run(join(root, "tools", "build", "bundles.mjs"));
  run(join(root, "tools", "build", "console.mjs"));
  run(join(root, "tools", "build", "lambdas.mjs"));
  mkdirSync(dirname(stamp), { recursive: true });
  // A change while the build runs makes it stale again, so the digest is that of the start.
  writeFileSync(stamp, digest);
}
