import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Linter } from "eslint";
import { packageRoot } from "../../contract/packageRoot";

/** Lints code by a rule alone, of a plugin in tools/, and gives its messages. */
export async function complaintsOf(file: string, rule: string): Promise<(code: string) => string[]> {
  const url = pathToFileURL(join(packageRoot(), "tools", file)).href;
  const { default: own } = (await import(url)) as { default: NonNullable<Linter.Config["plugins"]>[string] };
  const config: Linter.Config[] = [{ plugins: { own }, rules: { [`own/${rule}`]: "error" } }];
  return (code) => new Linter().verify(code, config).map(({ message }) => message);
}
