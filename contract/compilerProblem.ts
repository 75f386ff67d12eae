/** Problem of a TypeScript version whose code Pulumi can't call: Pulumi parses functions and runs programs with it. */
export function compilerProblem(typeScript: { version?: string; createSourceFile?: unknown }): string | undefined {
  if (typeof typeScript.createSourceFile === "function") return undefined;
  const version = typeScript.version ?? "7 or later";
  return `Expected TypeScript 5 or 6, got ${version}: TypeScript 7 has no API that Pulumi can use; npm install --save-dev typescript@6`;
}
