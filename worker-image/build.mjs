// Bundles the worker, the entry of its handlers' processes, trials of handlers, the export of spans and the built-in
// handlers into dist/: contract/ and OpenTelemetry's packages are inlined, and the image's packages stay outside. Each
// file replaces its predecessor in one step, so that a worker may start meanwhile.
import { realpathSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { licencesOf } from "../tools/build/licences.mjs";

const folder = path.dirname(fileURLToPath(import.meta.url));

/** Builds the worker into the folder's `dist/`, and removes the files of earlier builds. */
export async function buildWorker(outdir = path.join(folder, "dist")) {
  const source = path.join(folder, "src");
  const { dependencies } = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
  const processors = (await readdir(path.join(source, "processors"))).filter((file) => file.endsWith(".ts"));
  const { outputFiles, metafile } = await build({
    absWorkingDir: path.dirname(folder),
    metafile: true,
    entryPoints: [
      { in: path.join(source, "main.ts"), out: "main" },
      { in: path.join(source, "handlers/javascript/handlerMain.ts"), out: "handlerMain" },
      { in: path.join(source, "values/valueMain.ts"), out: "valueMain" },
      { in: path.join(source, "trial.ts"), out: "trial" },
      { in: path.join(source, "traces/openTraces.ts"), out: "openTraces" },
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
    external: Object.keys(dependencies),
    // Modules of ES, of which esbuild leaves out what nothing uses.
    mainFields: ["module", "main"],
    loader: { ".sh": "text" },
    sourcemap: true,
    write: false,
    logLevel: "error",
  });
  const licences = { path: path.join(outdir, "LICENSES.txt"), contents: licencesOf(metafile) };
  const files = [...outputFiles, licences];
  for (const { path: file, contents } of files) {
    await mkdir(path.dirname(file), { recursive: true });
    const temporary = `${file}.${process.pid}.tmp`;
    await writeFile(temporary, contents);
    await rename(temporary, file);
  }
  await removeOthers(outdir, new Set(files.map(({ path: file }) => file)));
}

async function removeOthers(outdir, built) {
  for (const entry of await readdir(outdir, { withFileTypes: true, recursive: true })) {
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    if (entry.isFile() && !built.has(file) && !file.endsWith(".tmp")) await rm(file, { force: true });
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await buildWorker();
