import { type ChildProcess } from "node:child_process";
import { type Readable, type Writable } from "node:stream";
import { LineReader } from "../../support/lineReader";
import { channel } from "./handlerChannel";
import { type FromHandler, type ToHandler } from "./handlerMessages";

/** Most characters of a message of the process: bounds what it sends. */
const maxMessageCharacters = 4_000_000;

/** The worker's end of the channel to a handler's process. */
export class HandlerLink {
  /** Resolves once the process can't send messages any more. */
  readonly closed: Promise<void>;
  private readonly input: Writable;

  /**
   * @param onNonsense called for a line that isn't the entry's own: a handler has written to the channel, whose other
   *   messages can't be trusted either
   */
  constructor(
    { stdio }: ChildProcess,
    onMessage: (message: FromHandler) => void,
    onNonsense: (error: unknown) => void,
  ) {
    this.input = stdio[channel.input] as Writable;
    this.input.on("error", () => undefined);
    const output = stdio[channel.output] as Readable;
    const lines = new LineReader(maxMessageCharacters, ({ text }) => {
      try {
        onMessage(JSON.parse(text) as FromHandler);
      } catch (error) {
        onNonsense(error);
      }
    });
    output.on("data", (chunk: Buffer) => lines.push(chunk));
    output.on("error", () => undefined);
    this.closed = new Promise((resolve) => output.once("close", resolve));
  }

  send(message: ToHandler): void {
    this.input.write(`${JSON.stringify(message)}\n`);
  }
}
