import * as pulumi from "@pulumi/pulumi";

/**
 * Throws if TypeScript is a version whose code Pulumi can't call: Pulumi parses functions and runs programs with it.
 */
export function expectCompilerApi(typeScript: { version?: string; createSourceFile?: unknown }): void {
  if (typeof typeScript.createSourceFile === "function") return;
  const version = typeScript.version ?? "7 or later";
  throw new pulumi.RunError(
    `Expected TypeScript 5 or 6, got ${version}: TypeScript 7 has no API that Pulumi can use; npm install --save-dev typescript@6`,
  );
}
