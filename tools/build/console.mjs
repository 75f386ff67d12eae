// Builds the console's page into dist/console: three static files.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { gzip } from "pako";
import { minify } from "terser";
import { root } from "../project.mjs";
import { licencesOf } from "./licences.mjs";

const folder = join(root, "dist", "console");

/** The table of routes without what the page doesn't read: bodies, schemas, patterns and limits, 2 KB compressed. */
async function withRoutesOfPage({ onLoad }) {
  const table = join(root, "contract", "http", "routes.ts");
  const { outputFiles } = await build({ entryPoints: [table], bundle: true, format: "esm", write: false });
  const { routes } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
  const namesOf = (schemas = {}) => Object.fromEntries(Object.keys(schemas).map((name) => [name, {}]));
  const read = Object.entries(routes).map(([name, { method, path, answers, query }]) => [
    name,
    { method, path, answers, query: namesOf(query) },
  ]);
  const contents = `export const routes = ${JSON.stringify(Object.fromEntries(read))};`;
  onLoad({ filter: /contract\/http\/routes\.ts$/ }, () => ({ contents }));
}

const { metafile } = await build({
  absWorkingDir: root,
  metafile: true,
  entryPoints: { console: "console/main.tsx" },
  outdir: folder,
  bundle: true,
  minify: true,
  target: ["chrome110", "firefox110", "safari16"],
  tsconfig: "console/tsconfig.json",
  legalComments: "none",
  logLevel: "error",
  plugins: [{ name: "routes", setup: withRoutesOfPage }],
});
mkdirSync(folder, { recursive: true });
// 2 KB less than by esbuild alone.
const script = join(folder, "console.js");
const { code } = await minify(readFileSync(script, "utf8"), { ecma: 2_020, compress: { passes: 2 } });
writeFileSync(script, code);
writeFileSync(join(folder, "LICENSES.txt"), licencesOf(metafile));
writeFileSync(join(folder, "index.html"), readFileSync(join(root, "console", "index.html")));

// Node's zlib counts otherwise where it is the system's, or zlib-ng.
const sizes = ["index.html", "console.js", "console.css"].map((name) => gzip(readFileSync(join(folder, name))).length);
const bytes = sizes.reduce((sum, size) => sum + size);
console.log(`console: ${bytes.toLocaleString("en")} bytes, compressed`);
