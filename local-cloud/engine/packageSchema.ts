import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sdkFolder } from "../pulumi/sdkFolder";

/**
 * Schema of a provider's package as the engine loads it for programs in YAML: the names of all types, functions and
 * their properties, which are those of the package's SDK for Node.
 *
 * @throws Error if the SDK isn't installed
 */
export function packageSchema(name: string): string {
  const folder = sdkFolder(name);
  if (folder === undefined) {
    throw new Error(`Expected @pulumi/${name}, from which its types are read, found none: npm install @pulumi/${name}`);
  }
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string };
  const resources: Record<string, unknown> = {};
  const functions: Record<string, unknown> = {};
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".js") || file.startsWith("node_modules")) continue;
    const code = readFileSync(join(folder, file), "utf8");
    const type = /__pulumiType = '(.*)'/.exec(code)?.[1];
    if (type !== undefined) {
      const inputs = namesIn(code, /resourceInputs\["(\w+)"\] = (?!state|undefined)/g);
      resources[type] = {
        inputProperties: anything(inputs),
        requiredInputs: namesIn(code, /Missing required property '(\w+)'/g),
        properties: anything(namesIn(code, /resourceInputs\["(\w+)"\] = /g)),
      };
    }
    const [, token, args = ""] = /runtime\.invoke\("(.*?)", \{([^}]*)/.exec(code) ?? [];
    if (token !== undefined) {
      const types = readFileSync(join(folder, file.replace(/js$/, "d.ts")), "utf8");
      const result = /export interface \w+Result \{([^]*?)\n\}/.exec(types)?.[1] ?? "";
      functions[token] = {
        inputs: { properties: anything(namesIn(args, /"(\w+)":/g)) },
        outputs: { properties: anything(namesIn(result, /readonly (\w+)\??:/g)) },
      };
    }
  }
  return JSON.stringify({ name, version, resources, functions });
}

function namesIn(code: string, pattern: RegExp): string[] {
  return [...new Set([...code.matchAll(pattern)].map(([, name]) => name!))];
}

function anything(names: string[]): object {
  return Object.fromEntries(names.map((name) => [name, { $ref: "pulumi.json#/Any" }]));
}
