// Bundles what a consumer could not load or install as compiled: the packages of client/, for Jest and, as an ES
// module, for bundlers, and of local-cloud/; and, in dist/, packages that are ES modules only, or that depend on one
// that refuses a version of Node which this package supports.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { build } from "esbuild";
import { root } from "../project.mjs";
import { licencesOf } from "./licences.mjs";

/** A bundle's file in dist/, and what it exports. */
const vendored = {
  "local-cloud/vendor/fauxqs": [
    `export { buildApp } from "fauxqs"`,
    `export { SqsStore } from "./node_modules/fauxqs/dist/sqs/sqsStore.js"`,
    `export { SnsStore } from "./node_modules/fauxqs/dist/sns/snsStore.js"`,
    `export { S3Store } from "./node_modules/fauxqs/dist/s3/s3Store.js"`,
    `export { INVALID_MESSAGE_BODY_CHAR as forbiddenCharacter } from "./node_modules/fauxqs/dist/sqs/sqsTypes.js"`,
    `export { SETTABLE_ATTRIBUTES as settableAttributes } from "./node_modules/fauxqs/dist/sqs/sqsTypes.js"`,
  ],
  "cli/vendor/logUpdate": [`export { createLogUpdate } from "log-update"`],
  "cli/vendor/openIdClient": [`export * from "openid-client"`],
};

const common = { absWorkingDir: root, bundle: true, platform: "node", logLevel: "error", metafile: true };

for (const [folder, format, file] of [
  // Jest runs CommonJS in contexts that have no `import()`; the packages that the client loads late are CommonJS too.
  ["client", "cjs", "index.js"],
  ["client", "esm", "index.mjs"],
  ["local-cloud", "cjs", "index.js"],
]) {
  await build({
    ...common,
    entryPoints: [`${folder}/index.ts`],
    outfile: join(root, folder, "dist", file),
    format,
    target: "es2022",
    packages: "external",
    sourcemap: true,
    supported: { "dynamic-import": file !== "index.js" || folder !== "client" },
  });
  copyTypes(join(root, "dist"), `${folder}/index.d.ts`, join(root, folder, "dist", "types"), new Set());
}

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

const inputs = {};
for (const [name, lines] of Object.entries(vendored)) {
  const { metafile } = await build({
    ...common,
    stdin: { contents: lines.join("\n"), resolveDir: root, sourcefile: `${posix.basename(name)}.mjs` },
    outfile: join(root, "dist", `${name}.js`),
    format: "cjs",
    target: "node20",
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "none",
  });
  inputs[dirname(name)] = { ...inputs[dirname(name)], ...metafile.inputs };
  writeFileSync(join(root, "dist", dirname(name), "LICENSES.txt"), licencesOf({ inputs: inputs[dirname(name)] }));
}
// Files that the local cloud loads by path.
for (const file of ["vendor/fauxqs.js", "vendor/LICENSES.txt", "program/freshModules.mjs"]) {
  cpSync(join(root, "dist", "local-cloud", file), join(root, "local-cloud", "dist", file));
}
