// Writes schema.json, the component's description for programs in other languages, from its types. `--check` only says
// if it is up to date.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import ts from "typescript";
import { isMain, root } from "../project.mjs";
import { writeDocument } from "./document.mjs";
import { documentOf, inputTypes, membersOf } from "./reference.mjs";

const require = createRequire(import.meta.url);
const name = "batch-job-processor";

/** Members that Pulumi's analyser refuses, and for which other languages may give any value. */
const asAny = [
  {
    file: "components/args/ProcessorArgs.ts",
    types: [/(?<=payloadSchema\?: Record<string, )unknown/, /(?<=payload\?: )unknown/],
  },
  {
    file: "components/aws/permissions.ts",
    types: [/(?<=Resource: )pulumi\.Input<string> \| pulumi\.Input<string>\[\]/, /(?<=Input<)string \| string\[\]/],
  },
];

async function analyse() {
  const { Analyzer } = require("@pulumi/pulumi/provider/experimental/analyzer");
  const { generateSchema } = require("@pulumi/pulumi/provider/experimental/schema");
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const { components, typeDefinitions, dependencies } = withTypesAsAny(() =>
    new Analyzer(root, name, manifest, new Set(["BatchJobProcessor"])).analyze(),
  );
  const schema = generateSchema(
    name,
    manifest.version,
    manifest.description,
    components,
    typeDefinitions,
    dependencies,
  );
  return { ...schema, license: manifest.license, keywords: [...manifest.keywords, "kind/component", "category/cloud"] };
}

/** Runs the analyser on sources in which the types that it refuses are `any`. */
function withTypesAsAny(run) {
  const { readFile } = ts.sys;
  const unused = new Set(asAny.flatMap(({ types }) => types));
  ts.sys.readFile = (path, encoding) =>
    (asAny.find(({ file }) => path === join(root, file).replaceAll("\\", "/"))?.types ?? []).reduce(
      (text, type) => (type.test(text) && unused.delete(type), text.replace(type, "any")),
      readFile(path, encoding),
    );
  try {
    const result = run();
    if (unused.size > 0) throw new Error(`Expected types to replace, found none for ${[...unused].join(", ")}`);
    return result;
  } finally {
    ts.sys.readFile = readFile;
  }
}

/** Adds to the schema what the analyser leaves out: the texts of types, and the defaults. */
function describe(schema) {
  // Without it Go's generator names input types that it doesn't make, where types hold inputs and are plain themselves.
  schema.language.go.generateExtraInputTypes = true;
  const [resource] = Object.values(schema.resources);
  resource.description = documentOf("components/BatchJobProcessor.ts", "BatchJobProcessor");
  const { BatchJobProcessorArgs: own, ...types } = inputTypes;
  describeMembers(resource.inputProperties, own.file, "BatchJobProcessorArgs");
  for (const [type, { file }] of Object.entries(types)) {
    const declared = schema.types[`${name}:index:${type}`];
    declared.description = documentOf(file, type);
    describeMembers(declared.properties, file, type);
  }
  return schema;
}

function describeMembers(properties, file, type) {
  for (const { name: member, text, default: standard } of membersOf(file, type)) {
    if (!properties[member]) continue;
    const value = standard?.startsWith("- ") ? standard.slice(2) : standard && `\`${standard}\``;
    properties[member].description = value === undefined ? text : `${text} Default: ${value}.`;
  }
}

if (isMain(import.meta.url)) {
  // Generators put `Args` behind the names of input types themselves.
  const text = `${JSON.stringify(describe(await analyse()), null, 2)}\n`.replaceAll(':ProcessorArgs"', ':Processor"');
  await writeDocument("schema.json", text);
}
