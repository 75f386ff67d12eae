import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from "node:http";
import { connect } from "node:net";

export interface RawCall {
  method?: string;
  path?: string;
  headers?: OutgoingHttpHeaders;
  body?: string | Buffer;
}

export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** A request with any headers, those included that `fetch` sets by itself. */
export function rawCall(address: string, { method = "POST", path = "/", headers, body }: RawCall): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(address);
    const sent = request({ host: "127.0.0.1", port, method, path, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("latin1");
      response.on("data", (chunk: string) => (text += chunk));
      response.once("end", () => resolve({ status: response.statusCode!, headers: response.headers, text }));
      response.once("error", reject);
    });
    sent.once("error", reject);
    sent.end(body);
  });
}

/** The answer to raw bytes, until the other side ends; gives up the connection after the given time. */
export function rawBytes(address: string, bytes: string | Buffer, seconds = 5): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(Number(new URL(address).port), "127.0.0.1", () => socket.write(bytes));
    socket.setTimeout(seconds * 1_000, () => socket.destroy());
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => (text += chunk));
    socket.once("error", () => undefined);
    socket.once("close", () => resolve(text));
  });
}
