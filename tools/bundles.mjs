// Makes in dist/ what a consumer could not load or install as compiled: the client for Jest and, as an ES module, for
// bundlers, and bundles of the local cloud's packages that are ES modules only, or that bring one which refuses a version
// of Node we promise.
import { build } from "esbuild";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

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

await build({
  ...common,
  entryPoints: ["client/index.ts"],
  outfile: "dist/client/index.mjs",
  format: "esm",
  target: "es2022",
  packages: "external",
  sourcemap: true,
});

// Jest runs CommonJS in contexts that have no `import()`. All that the client loads late is CommonJS too.
const client = join(root, "dist", "client");
for (const name of readdirSync(client, { recursive: true }).filter((entry) => entry.endsWith(".js"))) {
  const code = readFileSync(join(client, name), "utf8");
  const required = code.replace(/\bimport\(("[^"]+")\)/g, "Promise.resolve().then(() => require($1))");
  if (required !== code) writeFileSync(join(client, name), required);
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
