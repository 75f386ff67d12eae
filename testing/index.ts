export { runHandler } from "./runHandler";
export type { RunHandlerOptions, TriedHandler } from "./runHandler";
export type { HandlerRun } from "../contract/handlers/handlerTrial";
export { startLocal } from "./startLocal";
export type { LocalStack, StartLocalOptions } from "./startLocal";
