import { Readable } from "node:stream";
import { LineReader } from "../support/lineReader";
import { RunEvents } from "./runner";

/**
 * Pours a stream into a reader, chunk by chunk, and waits between two of them: for others' turn, and while the worker's
 * own output is behind, so that whoever writes waits too.
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
