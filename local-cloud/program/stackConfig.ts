import { readYaml } from "./readYaml";

/** A stack's settings, by `project:key`. */
export type StackConfig = Record<string, string>;

/**
 * Reads the settings of a `Pulumi.<stack>.yaml`; objects and arrays become JSON, as the Pulumi CLI passes them. A key
 * without a namespace is the project's.
 */
export function readStackConfig(file: string, project: string): StackConfig {
  const document = readYaml(file) as { config?: Record<string, unknown> } | null;
  const entries = Object.entries(document?.config ?? {});
  return Object.fromEntries(
    entries.map(([key, value]) => [key.includes(":") ? key : `${project}:${key}`, settingText(file, key, value)]),
  );
}

/** A setting as the Pulumi CLI passes it. */
export function settingText(file: string, key: string, value: unknown): string {
  if (hasSecret(value)) {
    throw new Error(
      `${file}: ${key} is encrypted; the local cloud has no key for it. Give it in plain text in a stack file for local use`,
    );
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}

function hasSecret(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return "secure" in value || Object.values(value).some(hasSecret);
}
