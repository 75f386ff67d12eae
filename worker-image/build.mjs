// Bundles the worker, the entry of its handlers' processes, trials of handlers and the built-in handlers into dist/:
// contract/ is inlined, and packages stay outside. Each file replaces its predecessor in one step, so that a worker may
// start meanwhile.
import { realpathSync } from "node:fs";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const folder = path.dirname(fileURLToPath(import.meta.url));

/** Builds the worker into the folder's `dist/`, and removes the files of earlier builds. */
export async function buildWorker(outdir = path.join(folder, "dist")) {
  const source = path.join(folder, "src");
  const processors = (await readdir(path.join(source, "processors"))).filter((file) => file.endsWith(".ts"));
  const { outputFiles } = await build({
    entryPoints: [
      { in: path.join(source, "main.ts"), out: "main" },
      { in: path.join(source, "handlers/javascript/handlerMain.ts"), out: "handlerMain" },
      { in: path.join(source, "values/valueMain.ts"), out: "valueMain" },
      { in: path.join(source, "trial.ts"), out: "trial" },
      ...processors.map((file) => ({
        in: path.join(source, "processors", file),
        out: `processors/${path.basename(file, ".ts")}`,
      })),
    ],
    outdir,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    packages: "external",
    loader: { ".sh": "text" },
    sourcemap: true,
    write: false,
    logLevel: "error",
  });
  for (const { path: file, contents } of outputFiles) {
    await mkdir(path.dirname(file), { recursive: true });
    const temporary = `${file}.${process.pid}.tmp`;
    await writeFile(temporary, contents);
    await rename(temporary, file);
  }
  await removeOthers(outdir, new Set(outputFiles.map(({ path: file }) => file)));
}

async function removeOthers(outdir, built) {
  for (const entry of await readdir(outdir, { withFileTypes: true, recursive: true })) {
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    if (entry.isFile() && !built.has(file) && !file.endsWith(".tmp")) await rm(file, { force: true });
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await buildWorker();
