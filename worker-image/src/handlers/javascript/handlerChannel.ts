import { writeSync } from "node:fs";
import { Socket } from "node:net";
import { LineReader } from "../../support/lineReader";
import { type FromHandler, type ToHandler } from "./handlerMessages";

/** File descriptors of a handler's process, beside the standard ones: messages from the worker, and to it. */
export const channel = { input: 3, output: 4 } as const;

// Saved before a handler can replace them.
const { parse, stringify } = JSON;
const write = writeSync;
const wait = Atomics.wait.bind(Atomics);
const never = new Int32Array(new SharedArrayBuffer(4));

/** Sends a message to the worker. Waits while the worker is behind, so that a flood slows only its sender. */
export function sendToWorker(message: FromHandler): void {
  const bytes = Buffer.from(`${stringify(message)}\n`);
  for (let sent = 0; sent < bytes.length;) {
    try {
      sent += write(channel.output, bytes, sent);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      wait(never, 0, 0, 1);
    }
  }
}

/** Receives the worker's messages; calls `onEnd` once the worker is gone. */
export function receiveFromWorker(onMessage: (message: ToHandler) => void, onEnd: () => void): void {
  const socket = new Socket({ fd: channel.input, readable: true, writable: false });
  const lines = new LineReader(Infinity, ({ text }) => onMessage(parse(text) as ToHandler));
  socket.on("data", (chunk: Buffer) => lines.push(chunk));
  socket.on("error", onEnd);
  socket.on("close", onEnd);
}
