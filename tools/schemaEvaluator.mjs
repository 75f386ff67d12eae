// Bundles contract/schema into one function, functions/frontend/schemaEvaluator.ts. `--check` only says whether it is up to date.
//
// A serialised closure reaches each function of a module through a `with` block of its own, some fifteen times as slowly as
// Node does; within one function nothing of that is in the way, and the archive of the front end is 4 KB smaller.
import { buildSync } from "esbuild";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const file = join(root, "functions/frontend/schemaEvaluator.ts");

/** The module's text. */
export function bundleEvaluator() {
  const { outputFiles } = buildSync({
    stdin: {
      contents: 'import { createSchemaCheck } from "./schemaCheck";\nresult = createSchemaCheck;',
      resolveDir: join(root, "contract/schema"),
    },
    bundle: true,
    minify: true,
    charset: "utf8",
    format: "iife",
    // Where a consumer has no TypeScript, Pulumi serialises functions with its own, 3.8, which can read nothing newer.
    target: "es2020",
    write: false,
  });
  const body = outputFiles[0].text.trim();
  return `// Bundled from contract/schema by \`npm run docs\`: change it there.
import type { createSchemaCheck as CreateSchemaCheck } from "../../contract/schema/schemaCheck";

export const deploymentOnlyModule = true;

/** \`createSchemaCheck\` as one function without captures. */
export const createSchemaCheck: typeof CreateSchemaCheck = (schema, runWithin, limits) => {
  let result!: typeof CreateSchemaCheck;
  // @ts-expect-error The compiler does not read what is minified.
  ${body}
  return result(schema, runWithin, limits);
};
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = bundleEvaluator();
  if (!process.argv.includes("--check")) writeFileSync(file, text);
  else if (readFileSync(file, "utf8") !== text) {
    console.error("functions/frontend/schemaEvaluator.ts is not what contract/schema makes: run npm run docs");
    process.exit(1);
  }
}
