import * as pulumi from "@pulumi/pulumi";
import { type JobHandler } from "../../contract/handler";
import { HandlerProblems } from "./bundleProblems";
import { bundleOnce } from "./bundles";
import { findHandlerFile, isHandlerPath } from "./handlerFile";
import { findPackages } from "./handlerFindings";
import { type HandlerFile, readHandlerFiles } from "./readHandlerFiles";
import { type SerialisedHandler, serialiseHandler } from "./serialiseHandler";
import { smokeLoad } from "./smokeLoad";
import { stockPackages } from "./stockPackages";

/** The handler of a job type, part of the program: a function, or a file by its path. */
export interface OwnHandler {
  type: string;
  handle?: JobHandler<never> | undefined;
  handler?: string | undefined;
  /** True if the type's workers run the stock image, whose packages are known. */
  isStockImage: boolean;
}

/** True if the processor's handler is part of the program, and so has to be shipped to the workers. */
export function hasOwnHandler({ handle, handler }: Pick<OwnHandler, "handle" | "handler">): boolean {
  return handle !== undefined || isHandlerPath(handler);
}

/** Makes the text of each handler, by processor; rejects with all that is wrong with all of them. */
export async function shipHandlers(handlers: OwnHandler[]): Promise<Map<string, SerialisedHandler>> {
  const folder = process.cwd();
  const files = readFilesOf(handlers, folder);
  const shipped = new Map<string, SerialisedHandler>();
  const problems: [type: string, reason: string][] = [];
  await Promise.all(
    handlers.map(async (handler, index) => {
      try {
        shipped.set(handler.type, await textOf(handler, folder, files[index]));
      } catch (error) {
        const reasons = error instanceof HandlerProblems ? error.problems : [(error as Error).message];
        problems.push(...reasons.map((reason): [string, string] => [handler.type, reason]));
      }
    }),
  );
  const inline = handlers.filter(({ type, handle }) => handle !== undefined && shipped.has(type));
  const texts = Object.fromEntries(inline.map(({ type }) => [type, shipped.get(type)!.text]));
  if (inline.length > 0) problems.push(...Object.entries(await smokeLoad(texts)));
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

async function textOf(
  { type, handle, handler, isStockImage }: OwnHandler,
  folder: string,
  file: HandlerFile | undefined,
): Promise<SerialisedHandler> {
  if (file) {
    if (file.problems.length > 0) throw new HandlerProblems(file.problems);
    return { text: file.text!, outputs: [] };
  }
  if (handle === undefined) throw new Error(`there is no file ${handler} in ${folder}`);
  const serialised = await serialiseHandler(handle);
  const stock = stockPackages();
  const isWhole = findPackages(serialised.text).every((each) => stock.includes(each));
  if (isWhole) return serialised;
  const { text } = await bundleOnce({ text: serialised.text, name: type, folder, isStockImage });
  return { text, outputs: serialised.outputs };
}
