import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Connection } from "../../client/connection/connection";
import { PassingProblem, readAnswer } from "../../client/connection/readAnswer";
import { JobProblemError } from "../../client/errors";
import { consoleFile } from "../../contract/http/consoleFile";
import { listen, type Listener } from "../../contract/http/listen";
import { readBody } from "../../contract/http/readBody";
import type { Route } from "../../contract/http/route";
import { pathParameters, routes } from "../../contract/http/routes";
import { limits } from "../../contract/limits";

export interface ConsoleOptions {
  /** Folder of the page. */
  folder: string;
  /** The one API that is called. */
  connection: Pick<Connection, "exchange">;
  /** Secret of this run, which each call must have in its header `x-console-token`. */
  token: string;
  /** Reason why calls may only read; undefined if they may act, too. */
  readsOnly: string | undefined;
  /** 0 for a free one. */
  port: number;
}

interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

const forwarded = ["content-type", "idempotency-key", "if-none-match"];
const returned = ["etag", "retry-after"];
const json = { "content-type": "application/json" };

/**
 * Serves the console's page at `/console/` of this machine, and forwards its calls to one API with the authorisation of
 * the connection: those with the token, for the API's routes, and nothing of them but what the API reads.
 */
export function startConsole({ folder, connection, token, readsOnly, port }: ConsoleOptions): Promise<Listener> {
  async function answer(message: IncomingMessage, signal: AbortSignal): Promise<Answer> {
    const { method = "", url = "", headers } = message;
    const [path = "", search] = url.split(/\?(.*)/s);
    const file = method === "GET" ? pageAt(path) : undefined;
    if (file) return file;
    if (!isSame(String(headers["x-console-token"]), token)) {
      return refuse(403, "Expected x-console-token as in the address that batch-jobs console printed: open that one");
    }
    if (!Object.values<Route>(routes).some((route) => route.method === method && fits(route.path, path))) {
      return refuse(404, `Expected a request of the API, got ${method} ${path.slice(0, 200)}`);
    }
    if (method !== "GET" && readsOnly !== undefined) return refuse(403, readsOnly);
    const body = await readBody(message, limits.maxBodyBytes);
    if (!body) return refuse(413, `Expected a body of at most ${limits.maxBodyBytes} bytes, got more`);
    const request = {
      method: method as Route["method"],
      path: path.slice(1),
      query: Object.fromEntries(new URLSearchParams(search)),
      headers: only(forwarded, (name) => headers[name]),
      signal,
    };
    const answered = await connection.exchange(request, body.length > 0 ? body.toString() : undefined);
    const { status, headers: given } = answered.response;
    if (status !== 304) readAnswer(answered, (value) => value);
    return { status, headers: { ...json, ...only(returned, (name) => given.get(name)) }, body: answered.text };
  }

  function pageAt(path: string): Answer | undefined {
    if (path === "/" || path === "/console") return { status: 302, headers: { location: "/console/" } };
    const file = path.startsWith("/console/") ? consoleFile(folder, path.slice("/console/".length)) : undefined;
    return file && { status: 200, ...file };
  }

  const onRequest = (message: IncomingMessage, response: ServerResponse) => {
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    void answer(message, gone.signal)
      .catch(problemOf)
      .then(({ status, headers, body }) => {
        // What is left of a body is drained: a client that is cut off would see no answer.
        if (!message.complete) response.setHeader("connection", "close");
        message.resume();
        const all = { "cache-control": "no-store", "x-content-type-options": "nosniff", ...headers };
        // The page offers no act then, and says why.
        response.writeHead(status, readsOnly === undefined ? all : { ...all, "x-console-reads-only": readsOnly });
        response.end(body);
      });
  };
  return listen(onRequest, port, "the console");
}

/** True if the path is one of the template's, to the letter: no other way to write it is forwarded. */
function fits(template: string, path: string): boolean {
  const [expected, steps] = [template.split("/"), path.split("/")];
  const fitsStep = (step: string, at: number) => {
    const [, name] = /^\{(\w+)\}$/.exec(step) ?? [];
    const pattern = pathParameters[name as keyof typeof pathParameters]?.pattern;
    return pattern === undefined ? step === steps[at] : new RegExp(pattern).test(steps[at]!);
  };
  return steps.length === expected.length && expected.every(fitsStep);
}

/** Compares in a time that says nothing of the token. */
function isSame(given: string, token: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(token)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function only(names: string[], valueOf: (name: string) => unknown): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (valueOf(name) ? [[name, String(valueOf(name))]] : [])));
}

function refuse(status: number, message: string): Answer {
  return { status, headers: json, body: JSON.stringify({ message }) };
}

/** The API's refusal, or in words why there is no answer of the API. */
function problemOf(error: Error): Answer {
  if (!(error instanceof JobProblemError)) return refuse(502, error.message);
  const { code, message: detail, errors } = error;
  const status = error.status < 400 ? 502 : error.status;
  const seconds = error instanceof PassingProblem ? error.retryAfterSeconds : 0;
  const headers = {
    "content-type": "application/problem+json",
    ...(seconds > 0 && { "retry-after": String(seconds) }),
  };
  return { status, headers, body: JSON.stringify({ code, status, detail, errors }) };
}
