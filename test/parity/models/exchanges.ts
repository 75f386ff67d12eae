import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { LocalCloud } from "../../../local-cloud/cloud";

/** A call to AWS as it went over the wire, and its answer. Bodies are in base64. */
export interface Exchange {
  /** Name of the function or instance that made the call. */
  caller: string;
  /** As in the credential scope of the signature. */
  service: string;
  method: string;
  /** Path and query. */
  url: string;
  headers: Record<string, string>;
  body: string;
  answer: { status: number; headers: Record<string, string>; body: string };
}

/** Notes all calls that get to the cloud's services from now on, each once it is answered. */
export function recordExchanges({ services }: LocalCloud): Exchange[] {
  const exchanges: Exchange[] = [];
  for (const [name, service] of services) {
    services.set(name, {
      ...service,
      async handle(request, response) {
        const { message, caller, body } = request;
        const answered = answerOf(response);
        response.once("finish", () =>
          exchanges.push({
            ...{ caller: caller.name, service: name, method: message.method ?? "", url: message.url ?? "" },
            headers: textsOf(message.headers),
            body: body.toString("base64"),
            answer: answered(),
          }),
        );
        await service.handle(request, response);
      },
    });
  }
  return exchanges;
}

/** Reads along what is written, however it is written. */
function answerOf(response: ServerResponse): () => Exchange["answer"] {
  const plain = {
    writeHead: response.writeHead.bind(response),
    write: response.write.bind(response),
    end: response.end.bind(response),
  };
  const chunks: Buffer[] = [];
  const take = (chunk: unknown) => {
    if (typeof chunk === "string") chunks.push(Buffer.from(chunk));
    else if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
  };
  Object.assign(response, {
    writeHead(status: number, ...more: unknown[]) {
      const headers = (typeof more.at(-1) === "object" ? more.at(-1) : {}) as OutgoingHttpHeaders;
      for (const [name, value] of Object.entries(headers)) if (value !== undefined) response.setHeader(name, value);
      return plain.writeHead(status);
    },
    write(chunk: unknown, ...more: never[]) {
      take(chunk);
      return plain.write(chunk, ...more);
    },
    end(chunk: unknown, ...more: never[]) {
      take(chunk);
      return plain.end(chunk as never, ...more);
    },
  });
  return () => ({
    status: response.statusCode,
    headers: textsOf(response.getHeaders()),
    body: Buffer.concat(chunks).toString("base64"),
  });
}

function textsOf(headers: OutgoingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
