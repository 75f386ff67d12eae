import { readFileSync } from "node:fs";
import { parse } from "yaml";

/** The document of a YAML file. @throws Error that names the file */
export function readYaml(file: string): unknown {
  try {
    return parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}
