import * as pulumi from "@pulumi/pulumi";
import { type JobHandler } from "../../contract/handler";
import { HandlerProblems } from "./bundleProblems";
import { bundleOnce } from "./bundles";
import { findHandlerFile, isHandlerPath } from "./handlerFile";
import { findPackages } from "./handlerFindings";
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
  const shipped = new Map<string, SerialisedHandler>();
  const problems: [type: string, reason: string][] = [];
  await Promise.all(
    handlers.map(async (handler) => {
      try {
        shipped.set(handler.type, await textOf(handler, folder));
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

async function textOf({ type, handle, handler, isStockImage }: OwnHandler, folder: string): Promise<SerialisedHandler> {
  if (handle === undefined) {
    const file = findHandlerFile(handler!, folder)!;
    const { text } = await bundleOnce({ file, name: handler!, folder, isStockImage });
    return { text, outputs: [] };
  }
  const serialised = await serialiseHandler(handle);
  const stock = stockPackages();
  const isWhole = findPackages(serialised.text).every((each) => stock.includes(each));
  if (isWhole) return serialised;
  const { text } = await bundleOnce({ text: serialised.text, name: type, folder, isStockImage });
  return { text, outputs: serialised.outputs };
}
