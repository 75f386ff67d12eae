// Writes docs/reference.md from the component's types. `--check` only says if it is up to date.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import prettier from "prettier";
import ts from "typescript";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * The public members of an interface or class: name, type as written, whether optional, text and default.
 *
 * @param {string} path of the source file
 * @param {string} name of the interface or class
 * @returns {{ name: string, type: string, optional: boolean, text: string, default?: string }[]}
 */
export function membersOf(path, name) {
  return declarationOf(path, name)
    .members.filter((member) =>
      [ts.isPropertySignature, ts.isPropertyDeclaration, ts.isMethodSignature].some((is) => is(member)),
    )
    .filter((member) => !(ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Private))
    .map((member) => {
      const doc = member.jsDoc?.at(-1);
      const tag = doc?.tags?.find(({ tagName }) => tagName.text === "default");
      return {
        name: member.name.getText(),
        type: ts.isMethodSignature(member) ? functionType(member) : member.type.getText(),
        optional: member.questionToken !== undefined,
        text: flat(doc?.comment),
        ...(tag && { default: flat(tag.comment) }),
      };
    });
}

/**
 * The text of an interface or class.
 *
 * @param {string} path of the source file
 * @param {string} name of the interface or class
 * @returns {string}
 */
export function documentOf(path, name) {
  return flat(declarationOf(path, name).jsDoc?.at(-1)?.comment);
}

function declarationOf(path, name) {
  const source = ts.createSourceFile(path, readFileSync(join(root, path), "utf8"), ts.ScriptTarget.Latest, true);
  const declaration = source.statements.find((statement) => statement.name?.text === name);
  if (!declaration) throw new Error(`Expected ${name} in ${path}, found none`);
  return declaration;
}

function functionType({ parameters, type }) {
  const shown = parameters.filter(({ name }) => name.getText() !== "this").map((parameter) => parameter.getText());
  return `(${shown.join(", ")}) => ${type.getText()}`;
}

function flat(comment) {
  const text = typeof comment === "string" ? comment : (comment ?? []).map((node) => node.text).join("");
  return text.replace(/\s+/g, " ").trim();
}

function cell(text) {
  return text.replaceAll("|", "\\|");
}

function inputTable(members) {
  const rows = members.map(({ name, type, optional, text, default: value }) => {
    const standard = optional ? (value?.startsWith("- ") ? value.slice(2) : `\`${value}\``) : "**required**";
    return `| \`${name}\` | \`${cell(type)}\` | ${cell(standard)} | ${cell(text)} |`;
  });
  return ["| Input | Type | Default | Meaning |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

function outputTable(members) {
  const rows = members.map(({ name, type, text }) => `| \`${name}\` | \`${cell(type)}\` | ${cell(text)} |`);
  return ["| Output | Type | Meaning |", "| --- | --- | --- |", ...rows].join("\n");
}

function reference() {
  return `# Inputs and outputs

Made from the component's types by \`npm run docs\`; edit those.

## \`BatchJobProcessorArgs\`

${inputTable(membersOf("components/args/BatchJobProcessorArgs.ts", "BatchJobProcessorArgs"))}

## \`ProcessorArgs\`

${inputTable(membersOf("components/args/ProcessorArgs.ts", "ProcessorArgs"))}

## \`CapacityChange\`

An entry of a processor's \`capacitySchedule\`.

${inputTable(membersOf("components/args/ProcessorArgs.ts", "CapacityChange"))}

## \`NetworkArgs\`

The component's \`network\`.

${inputTable(membersOf("components/args/NetworkArgs.ts", "NetworkArgs"))}

## \`JwtArgs\`

The component's \`jwt\`.

${inputTable(membersOf("components/args/JwtArgs.ts", "JwtArgs"))}

## \`CorsArgs\`

The component's \`cors\`.

${inputTable(membersOf("components/args/CorsArgs.ts", "CorsArgs"))}

## \`ThrottlingArgs\`

The component's \`throttling\`.

${inputTable(membersOf("components/args/ThrottlingArgs.ts", "ThrottlingArgs"))}

## \`LambdaArgs\`

The component's \`frontend\` and \`router\`.

${inputTable(membersOf("components/args/LambdaArgs.ts", "LambdaArgs"))}

## \`PolicyStatement\`

An entry of \`policyStatements\`, in IAM's own words.

${inputTable(membersOf("components/aws/permissions.ts", "PolicyStatement"))}

## \`JobSchedule\`

An entry of a processor's \`schedules\`.

${inputTable(membersOf("components/args/ProcessorArgs.ts", "JobSchedule"))}

## Outputs of \`BatchJobProcessor\`

${outputTable(membersOf("components/BatchJobProcessor.ts", "BatchJobProcessor"))}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = join(root, "docs", "reference.md");
  const text = await prettier.format(reference(), { ...(await prettier.resolveConfig(file)), parser: "markdown" });
  if (!process.argv.includes("--check")) writeFileSync(file, text);
  else if (readFileSync(file, "utf8") !== text) {
    console.error("docs/reference.md is not what the types say; run `npm run docs`.");
    process.exit(1);
  }
}
