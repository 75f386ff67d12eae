import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isObject } from "../../contract/check";
import { readYaml } from "../program/readYaml";
import type { Properties } from "../properties";
import { sdkFolder } from "./sdkFolder";

/** Outputs and answers of what the local cloud doesn't emulate. */
export interface StandIns {
  /** Outputs of resources, by logical name or by type token. */
  resources: Record<string, Properties>;
  /** Answers of functions, by token: the first whose `args` fit the call's counts. */
  functions: Record<string, { args?: Properties; result: Properties }[]>;
  /** Outputs of other stacks, by the full name that the program gives. */
  stackReferences: Record<string, Properties>;
}

export const noStandIns: StandIns = { resources: {}, functions: {}, stackReferences: {} };

/** Name of the file of stand-ins beside Pulumi.yaml. */
export const standInsFile = "local.yaml";

/**
 * Reads a file of stand-ins; undefined if there is none.
 *
 * @throws Error that names what is wrong in it.
 */
export function readStandIns(file: string): StandIns | undefined {
  if (!existsSync(file)) return undefined;
  const document = readYaml(file);
  const expected = (what: string, got: unknown) => new Error(`${file}: Expected ${what}, got ${JSON.stringify(got)}`);
  if (!isObject(document ?? {})) throw expected("an object", document);
  const known = Object.keys(noStandIns);
  for (const [section, entries] of Object.entries((document ?? {}) as Properties)) {
    if (section === "secrets") throw new Error(`${file}: Expected secrets in .local-secrets.yaml, got them here`);
    if (!known.includes(section)) throw expected(known.join(", "), section);
    if (!isObject(entries)) throw expected(`${section} as an object`, entries);
    for (const [name, entry] of Object.entries(entries)) {
      const answers = section === "functions" ? entry : [{ result: entry }];
      const fits = Array.isArray(answers) && answers.every((each) => isObject(each) && isObject(each.result));
      const shape = section === "functions" ? "a list of {args?, result}" : "an object";
      if (!fits) throw expected(`${section}.${name} as ${shape}`, entry);
    }
  }
  return { ...noStandIns, ...(document as Partial<StandIns> | null) };
}

/** Answer that stands in for a call: the one whose `args` are among the inputs. */
export function answerOf({ functions }: StandIns, token: string, inputs: Properties): Properties | undefined {
  const fits = ({ args = {} }: { args?: Properties }) =>
    Object.entries(args).every(([key, value]) => JSON.stringify(inputs[key]) === JSON.stringify(value));
  return functions[token]?.find(fits)?.result;
}

/**
 * Outputs for a resource of a type that isn't emulated: its inputs, what stands in for it, and, for every other text
 * that its type declares, a mark that says whose it is. A host of the domain `invalid` is found nowhere, so that a job
 * that uses it fails with the mark in its error.
 */
export function standInFor(
  { type, name, inputs }: { type: string; name: string; inputs: Properties },
  { resources }: StandIns,
  arn: string,
): { id: string; state: Properties } {
  const given = { ...resources[type], ...resources[name] };
  const markOf = (key: string) => {
    // The region in which it is changed and deleted is no mark.
    if (key === "region") return arn.split(":")[3];
    return /arn$/i.test(key) ? arn : `${key}.${name}.not-emulated.invalid`;
  };
  const marks = declaredTexts(type).map((key): [string, unknown] => [key, markOf(key)]);
  // The code of a dynamic provider.
  const own = Object.entries(inputs).filter(([key]) => key !== "__provider");
  const id = typeof given.id === "string" ? given.id : `not-emulated-${name}`;
  return { id, state: { ...Object.fromEntries<unknown>([...marks, ...own]), ...given } };
}

/** Names of the outputs that are texts, from the SDK's own declaration of the type; none where it can't be found. */
function declaredTexts(type: string): string[] {
  const [, pkg, path] = /^([\w-]+):([\w/-]+):\w+$/.exec(type) ?? [];
  try {
    const text = readFileSync(join(sdkFolder(pkg!)!, `${path!.replace(/^index\//, "")}.d.ts`), "utf8");
    return [...text.matchAll(/readonly (\w+): pulumi\.Output<string(?: \| undefined)?>;/g)].map(([, key]) => key!);
  } catch {
    return [];
  }
}
