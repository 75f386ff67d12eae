// Writes docs/reference.md from the component's types. `--check` only says if it is up to date.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { isMain, root } from "../project.mjs";
import { table, writeDocument } from "./document.mjs";

/**
 * The public members of an interface or class: name, type as written, whether optional, text, default and example.
 *
 * @param {string} path of the source file
 * @param {string} name of the interface or class
 * @returns {{ name: string, type: string, optional: boolean, text: string, default?: string, example?: string }[]}
 */
export function membersOf(path, name) {
  return declarationOf(path, name)
    .members.filter((member) =>
      [ts.isPropertySignature, ts.isPropertyDeclaration, ts.isMethodSignature].some((is) => is(member)),
    )
    .filter((member) => !(ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Private))
    .map((member) => {
      const doc = member.jsDoc?.at(-1);
      const tagged = (doc?.tags ?? []).map(({ tagName, comment }) => [tagName.text, flat(comment)]);
      const tags = Object.fromEntries(tagged.filter(([tag]) => ["default", "example"].includes(tag)));
      return {
        name: member.name.getText(),
        type: ts.isMethodSignature(member) ? functionType(member) : member.type.getText(),
        optional: member.questionToken !== undefined,
        text: flat(doc?.comment),
        ...tags,
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

/** Types of the component's inputs: where each is declared, and what it is an input of. */
export const inputTypes = {
  BatchJobProcessorArgs: { file: "components/args/BatchJobProcessorArgs.ts" },
  ProcessorArgs: { file: "components/args/ProcessorArgs.ts" },
  CapacityChange: {
    file: "components/args/ProcessorArgs.ts",
    text: "An entry of a processor's `capacitySchedule`.",
  },
  NetworkArgs: { file: "components/args/NetworkArgs.ts", text: "The component's `network`." },
  JwtArgs: { file: "components/args/JwtArgs.ts", text: "The component's `jwt`." },
  ScopesArgs: { file: "components/args/JwtArgs.ts", text: "`scopes` of `jwt`." },
  CorsArgs: { file: "components/args/CorsArgs.ts", text: "The component's `cors`." },
  ThrottlingArgs: { file: "components/args/ThrottlingArgs.ts", text: "The component's `throttling`." },
  AlarmsArgs: { file: "components/args/AlarmsArgs.ts", text: "The component's `alarms`." },
  BudgetArgs: { file: "components/args/BudgetArgs.ts", text: "The component's `budget`." },
  TracesArgs: { file: "components/args/TracesArgs.ts", text: "The component's `traces`." },
  LambdaArgs: { file: "components/args/LambdaArgs.ts", text: "The component's `frontend` and `router`." },
  PolicyStatement: {
    file: "components/aws/permissions.ts",
    text: "An entry of `policyStatements`, in IAM's own words.",
  },
  JobSchedule: { file: "components/args/ProcessorArgs.ts", text: "An entry of a processor's `schedules`." },
};

function inputSection([type, { file, text }]) {
  const rows = membersOf(file, type).map((member) => {
    const { name, type: typeText, optional, text: meaning, default: value, example } = member;
    const shown = typeText === "boolean" ? "" : ` Example: \`${cell(example)}\``;
    const standard = optional ? (value?.startsWith("- ") ? value.slice(2) : `\`${value}\``) : "**required**";
    return [`\`${name}\``, `\`${cell(typeText)}\``, cell(standard), cell(meaning) + shown];
  });
  const about = text ? `${text}\n\n` : "";
  return `## \`${type}\`\n\n${about}${table(["Input", "Type", "Default", "Meaning"], rows)}`;
}

function reference() {
  const outputs = membersOf("components/BatchJobProcessor.ts", "BatchJobProcessor");
  const rows = outputs.map(({ name, type, text }) => [`\`${name}\``, `\`${cell(type)}\``, cell(text)]);
  return `# Inputs and outputs

Made from the component's types by \`npm run docs\`; edit those.

${Object.entries(inputTypes).map(inputSection).join("\n\n")}

## Outputs of \`BatchJobProcessor\`

${table(["Output", "Type", "Meaning"], rows)}
`;
}

if (isMain(import.meta.url)) await writeDocument("docs/reference.md", reference());
