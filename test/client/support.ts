import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { type AddressInfo } from "node:net";

/** A request as the API in the test saw it. */
export interface SeenRequest {
  method: string;
  /** With its query. */
  path: string;
  headers: IncomingHttpHeaders;
  text: string;
  body: Record<string, unknown>;
}

/** Answers of the API in the test; `cut` ends the connection without an answer, `hang` never answers. */
export type CannedAnswer = { status?: number; headers?: Record<string, string>; body?: unknown } | "cut" | "hang";

/** An HTTP API that answers what the test says. */
export interface CannedApi {
  url: string;
  requests: SeenRequest[];
  close(): Promise<void>;
}

export async function startCannedApi(
  answer: (request: SeenRequest, index: number) => CannedAnswer,
): Promise<CannedApi> {
  const requests: SeenRequest[] = [];
  const server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      const body = (/^[{[]/.test(text) ? JSON.parse(text) : {}) as SeenRequest["body"];
      const request = { method: message.method!, path: message.url!, headers: message.headers, text, body };
      requests.push(request);
      const answered = answer(request, requests.length - 1);
      if (answered === "hang") return;
      if (answered === "cut") return void message.socket.destroy();
      const { status = 200, headers = {}, body: value = {} } = answered;
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(typeof value === "string" ? value : JSON.stringify(value));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requests,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

export function problem(status: number, code: string, detail: string, more: object = {}): CannedAnswer {
  return {
    status,
    headers: { "content-type": "application/problem+json" },
    body: { type: "about:blank", title: detail, status, code, detail, ...more },
  };
}
