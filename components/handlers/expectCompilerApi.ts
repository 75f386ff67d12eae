import * as pulumi from "@pulumi/pulumi";

/** Says it where TypeScript is one whose code Pulumi can't call: Pulumi parses functions by it, and runs programs. */
export function expectCompilerApi(typeScript: { version?: string; createSourceFile?: unknown }): void {
  if (typeof typeScript.createSourceFile === "function") return;
  const version = typeScript.version ?? "7 or later";
  throw new pulumi.RunError(
    `Expected TypeScript 5 or 6, got ${version}: TypeScript 7 has no API that Pulumi can use; npm install --save-dev typescript@6`,
  );
}
