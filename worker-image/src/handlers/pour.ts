import { type Readable } from "node:stream";
import { type LineReader } from "../support/lineReader";
import { type RunEvents } from "./runner";

/**
 * Reads a stream into a reader, chunk by chunk, and pauses between two of them: for other work, and while the worker's
 * own output is behind, so that the writer waits too.
 */
export function pour(stream: Readable, reader: LineReader, events: Pick<RunEvents, "caughtUp">): void {
  const resume = () => void stream.resume();
  stream.on("data", (chunk: Buffer) => {
    reader.push(chunk);
    stream.pause();
    const behind = events.caughtUp?.();
    if (behind) void behind.then(resume);
    else setImmediate(resume);
  });
}
