import type * as pulumi from "@pulumi/pulumi";

/** The message that names every problem of a component's inputs with its property path. */
export function invalidInputs(name: string, errors: pulumi.InputPropertyErrorDetails[]): string {
  const lines = errors.map(({ propertyPath, reason }) => `  ${propertyPath}: ${reason}`);
  return `BatchJobProcessor "${name}" has ${errors.length} invalid input${errors.length === 1 ? "" : "s"}:\n${lines.join("\n")}`;
}
