import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { type JobHandler } from "../../contract/handlers/handler";
import { withoutSourceMap } from "../../contract/handlers/handlerBundle";
import { BundleFolder } from "./bundle/bundleFolder";
import { finishText } from "./bundle/bundleHandler";
import { HandlerProblems } from "./bundle/bundleProblems";
import { bundleOnce } from "./bundle/bundles";
import { type BundleSource, type InlineText } from "./bundle/bundleSource";
import { withPackageNames } from "./bundle/capturedModules";
import { findRequests } from "./bundle/handlerFindings";
import { stockPackages } from "./bundle/stockPackages";
import { findHandlerFile, handlerExtensions, isHandlerPath } from "./handlerFile";
import { mapInlineHandler } from "./inline/inlineMap";
import { moveToFile, serialiseHandler } from "./inline/serialiseHandler";
import { loadJobs } from "./jobs/loadJobs";
import { type HandlerFile, readHandlerFiles } from "./jobs/readHandlerFiles";

/** The handler of a job type, part of the program: a function, or a file by its path. */
export interface OwnHandler {
  type: string;
  handle?: JobHandler<never> | undefined;
  handler?: string | undefined;
  /** True if the type's workers run the stock image, whose packages are known. */
  isStockImage: boolean;
}

/** A handler as text that a worker can load, and the outputs whose values it contains. */
export interface ShippedHandler {
  text: string;
  /**
   * Names its object. That of an inline handler leaves out its source map, in which the whole program has the lines:
   * another change of the program replaces no workers.
   */
  hash: string;
  outputs: pulumi.Output<unknown>[];
}

/** True if the processor's handler is part of the program, and so has to be shipped to the workers. */
export function hasOwnHandler({ handle, handler }: Pick<OwnHandler, "handle" | "handler">): boolean {
  return handle !== undefined || isHandlerPath(handler);
}

/** Makes the text of each handler, by processor; rejects with all that is wrong with all of them. */
export async function shipHandlers(handlers: OwnHandler[]): Promise<Map<string, ShippedHandler>> {
  const files = readFilesOf(handlers);
  const shipped = new Map<string, ShippedHandler>();
  const problems: [type: string, reason: string][] = [];
  await Promise.all(
    handlers.map(async (handler, index) => {
      try {
        shipped.set(handler.type, await ship(handler, files[index]));
      } catch (error) {
        const reasons = error instanceof HandlerProblems ? error.problems : [(error as Error).message];
        problems.push(...reasons.map((reason): [string, string] => [handler.type, reason]));
      }
    }),
  );
  const inline = handlers.filter(({ type, handle }) => handle !== undefined && shipped.has(type));
  const texts = Object.fromEntries(inline.map(({ type }) => [type, shipped.get(type)!.text]));
  for (const [type, loaded] of await loadJobs(texts)) {
    if ("problem" in loaded)
      problems.push([type, `it can't be loaded as text: ${loaded.problem}. ${moveToFile(type)}`]);
  }
  if (problems.length === 0) return shipped;
  const order = handlers.map(({ type }) => type);
  const lines = problems
    .sort(([one], [other]) => order.indexOf(one) - order.indexOf(other))
    .map(([type, reason]) => `  the handler of processor "${type}": ${reason}`);
  throw new pulumi.RunError(`Handlers that a worker could not run:\n${lines.join("\n")}`);
}

/** The handlers' files, each undefined if the handler is no path or there is no such file. */
export function readFilesOf(
  handlers: Pick<OwnHandler, "handler" | "isStockImage">[],
  folder = process.cwd(),
): (HandlerFile | undefined)[] {
  const sources = handlers.map(({ handler, isStockImage }) => {
    const file = isHandlerPath(handler) ? findHandlerFile(handler, folder) : undefined;
    return file === undefined ? undefined : { file, name: handler!, folder, isStockImage };
  });
  const files = readHandlerFiles(sources.filter((source) => source !== undefined));
  return sources.map((source) => source && files.shift());
}

async function ship(
  { type, handle, handler, isStockImage }: OwnHandler,
  file: HandlerFile | undefined,
): Promise<ShippedHandler> {
  if (file) {
    if (file.problems.length > 0) throw new HandlerProblems(file.problems);
    return { text: file.text!, hash: hashOf(file.text!), outputs: [] };
  }
  const folder = process.cwd();
  if (handle === undefined) {
    const endings = handlerExtensions.join(", ");
    throw new HandlerProblems([`there is no file ${handler} in ${folder}; of its name ${endings} may be left out`]);
  }
  const own = new BundleFolder({ name: type, folder });
  const { text: code, outputs, places, problems } = await serialiseHandler({ type, handle, folder: own });
  const inline = { text: withPackageNames(code, folder), map: mapInlineHandler(code, places, own) };
  const text = await inlineText(inline, { name: type, folder, isStockImage }, own).catch((error: unknown) => {
    if (!(error instanceof HandlerProblems)) throw error;
    problems.push(...error.problems);
    return "";
  });
  if (problems.length > 0) throw new HandlerProblems(problems);
  return { text, hash: hashOf(withoutSourceMap(text)), outputs };
}

/** The text with those of its packages that the image doesn't have. */
async function inlineText(inline: InlineText, source: BundleSource, folder: BundleFolder): Promise<string> {
  const { packages, files } = findRequests(inline.text);
  const deployed = packages.filter((name) => name.startsWith("@pulumi/"));
  if (deployed.length > 0) {
    const name = deployed.join(" and ");
    throw new HandlerProblems([`It uses ${name}, which only a deployment has. Take the values out of it before`]);
  }
  const stock = stockPackages();
  const isInPlace =
    files.length === 0 && packages.every((name) => stock.includes(name)) && !inline.text.includes("/node_modules/");
  if (!isInPlace) return (await bundleOnce({ ...source, inline })).text;
  const header = { name: source.name, packages: source.isStockImage ? [] : packages };
  return finishText(header, inline.text, inline.map, folder);
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
