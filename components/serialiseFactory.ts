import * as pulumi from "@pulumi/pulumi";

/**
 * The text of a module whose `handler` the factory builds, without the indentation, blank lines and comments that make up
 * a sixth of it. Only for functions of this package: a template literal of several lines would lose its indentation.
 */
export async function serialiseFactory(factory: () => unknown): Promise<string> {
  const { text } = await pulumi.runtime.serializeFunction(factory, { exportName: "handler", isFactoryFunction: true });
  return text
    .replace(/^ +/gm, "")
    .replace(/^\/\/.*\n/gm, "")
    .replace(/^\/\*\*[^]*?\*\/\n/gm, "")
    .replace(/^return (async )?function \/\*\w+\*\//gm, "return $1function ")
    .replace(/\n{2,}/g, "\n");
}
