// Bundles what a consumer could not load or install as compiled: the client's package, for Jest and, as an ES module,
// for bundlers; and, in dist/, packages of the local cloud that are ES modules only, or that depend on one that
// refuses a version of Node which this package supports.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A bundle's file in dist/local-cloud/vendor, and what it exports. */
const vendored = {
  fauxqs: [
    `export { buildApp } from "fauxqs"`,
    `export { SqsStore } from "./node_modules/fauxqs/dist/sqs/sqsStore.js"`,
    `export { SnsStore } from "./node_modules/fauxqs/dist/sns/snsStore.js"`,
    `export { S3Store } from "./node_modules/fauxqs/dist/s3/s3Store.js"`,
    `export { INVALID_MESSAGE_BODY_CHAR as forbiddenCharacter } from "./node_modules/fauxqs/dist/sqs/sqsTypes.js"`,
    `export { SETTABLE_ATTRIBUTES as settableAttributes } from "./node_modules/fauxqs/dist/sqs/sqsTypes.js"`,
  ],
  logUpdate: [`export { createLogUpdate } from "log-update"`],
};

const common = { absWorkingDir: root, bundle: true, platform: "node", logLevel: "error", metafile: true };

const client = join(root, "client", "dist");
for (const [format, file] of [
  // Jest runs CommonJS in contexts that have no `import()`; the packages that the client loads late are CommonJS too.
  ["cjs", "index.js"],
  ["esm", "index.mjs"],
]) {
  await build({
    ...common,
    entryPoints: ["client/index.ts"],
    outfile: join(client, file),
    format,
    target: "es2022",
    packages: "external",
    sourcemap: true,
    supported: { "dynamic-import": format === "esm" },
  });
}
copyTypes(join(root, "dist"), "client/index.d.ts", join(client, "types"), new Set());

/** Copies a declaration file, and those that it imports from beside it. */
function copyTypes(from, file, to, copied) {
  if (copied.has(file)) return;
  copied.add(file);
  const text = readFileSync(join(from, file), "utf8").replace(/\n?\/\/# sourceMappingURL=.*/, "");
  mkdirSync(dirname(join(to, file)), { recursive: true });
  writeFileSync(join(to, file), text);
  for (const [, path] of text.matchAll(/(?:from |import\()"(\.[^"]+)"/g)) {
    copyTypes(from, posix.join(posix.dirname(file), `${path.replace(/\.js$/, "")}.d.ts`), to, copied);
  }
}

const folder = join(root, "dist", "local-cloud", "vendor");
const packages = new Set();
for (const [name, lines] of Object.entries(vendored)) {
  const { metafile } = await build({
    ...common,
    stdin: { contents: lines.join("\n"), resolveDir: root, sourcefile: `${name}.mjs` },
    outfile: join(folder, `${name}.js`),
    format: "cjs",
    target: "node20",
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "none",
  });
  for (const input of Object.keys(metafile.inputs)) {
    const found = /^(.*node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(input);
    if (found) packages.add(found[1]);
  }
}
writeFileSync(join(folder, "LICENSES.txt"), notices([...packages].sort()));

/** Names, versions and licences of the packages, whose texts ask to be kept with copies. */
function notices(folders) {
  const parts = folders.map((path) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, path, "package.json"), "utf8"));
    const file = readdirSync(join(root, path)).find((entry) => /^licen[cs]e/i.test(entry));
    if (!file && !license) throw new Error(`Expected a licence in ${path}, found none`);
    const text = file ? readFileSync(join(root, path, file), "utf8").trim() : `Licence: ${license}`;
    return `${name} ${version} (${license ?? "see below"})\n\n${text}\n`;
  });
  return `The files in this folder hold these packages.\n\n${parts.join(`\n${"-".repeat(80)}\n\n`)}`;
}
