import type { Answers } from "../../contract/http/answers";
import { type RouteName, routes } from "../../contract/http/routes";
import { Trouble, troubleOf } from "./trouble";

/** Body of a route's answer. */
export type AnswerOf<Name extends RouteName> = AnswerNames<(typeof routes)[Name]["answers"]>;
type AnswerNames<Named> = Named extends Record<number, infer Type> ? Answers[Type & keyof Answers] : never;

/** Parameter of the path, query and body of a call. */
export interface Call {
  parameter?: string;
  query?: Record<string, string | number | undefined>;
  body?: unknown;
  /** `Idempotency-Key`: the call may be repeated. */
  key?: string;
}

/** Gives the key of a call with the body. */
export type KeyOf = (body?: unknown) => string;

/** Keys of one act. If an answer is lost, the same call has the same key, and does nothing twice. */
export function createKeys(): KeyOf {
  const keys = new Map<string, string>();
  return (body = null) => {
    const text = JSON.stringify(body);
    const key = keys.get(text) ?? crypto.randomUUID();
    keys.set(text, key);
    return key;
  };
}

/** An answer: the body as text, or undefined if it is the one of the given `ETag`. */
export interface Reply {
  text: string | undefined;
  etag: string | null;
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** HTTP API gateways answer within 30 s. */
const patienceMilliseconds = 31_000;

/** Path of a route, relative to the API's root, with its query. */
export function pathOf(name: RouteName, { parameter = "", query = {} }: Call = {}): string {
  const path = routes[name].path.slice(1).replace(/\{\w+\}/, encodeURIComponent(parameter));
  const given = Object.entries(query).flatMap(([key, value]): [string, string][] =>
    value === undefined || value === "" ? [] : [[key, String(value)]],
  );
  return given.length > 0 ? `${path}?${new URLSearchParams(given).toString()}` : path;
}

/** Makes the calls of the page. `base` is the API's root, with a trailing slash. */
export class Api {
  constructor(
    private readonly fetch: Fetch,
    readonly base: string,
    private readonly headers: Record<string, string>,
  ) {}

  /** @throws Trouble */
  async call<Name extends RouteName>(name: Name, call: Call = {}): Promise<AnswerOf<Name>> {
    const { body, key } = call;
    const { method, answers } = routes[name] as { method: string; answers: Record<number, keyof Answers> };
    const { text } = await this.send(pathOf(name, call), {
      method,
      headers: {
        ...(method !== "GET" && { "content-type": "application/json" }),
        ...(key && { "idempotency-key": key }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return readAnswer(text ?? "", Object.values(answers)) as AnswerOf<Name>;
  }

  /** @throws Trouble */
  async send(path: string, { headers, ...init }: RequestInit & { headers?: Record<string, string> }): Promise<Reply> {
    const signal = AbortSignal.timeout(patienceMilliseconds);
    const request = { ...init, headers: { ...headers, ...this.headers }, signal, cache: "no-store" as const };
    let response: Response;
    let text: string;
    try {
      response = await this.fetch(this.base + path, request);
      text = await response.text();
    } catch (error) {
      if ((error as Error).name !== "TimeoutError")
        throw new Trouble("down", "The API can't be reached. Is it still running?");
      throw new Trouble("slow", `The API has not answered within ${patienceMilliseconds / 1_000} s`);
    }
    const etag = response.headers.get("etag");
    if (response.status === 304) return { text: undefined, etag };
    if (response.ok) return { text, etag };
    throw troubleOf(response.status, jsonOf(text), response.headers.get("retry-after"));
  }
}

/** Parts by which answers are recognised. */
const marks: Partial<Record<keyof Answers, (answer: Record<string, unknown>) => boolean>> = {
  Job: ({ id, type, state }) => [id, type, state].every((each) => typeof each === "string"),
  SubmittedJob: ({ id }) => typeof id === "string",
  JobPage: ({ jobs }) => Array.isArray(jobs),
  Types: ({ types }) => Array.isArray(types),
};

/** @throws Trouble if the text is not JSON, or not one of the answers */
export function readAnswer(text: string, names: readonly (keyof Answers)[]): unknown {
  const answer = jsonOf(text);
  const isAnswer = typeof answer === "object" && answer !== null;
  if (
    isAnswer &&
    (names.length === 0 || names.some((name) => marks[name]?.(answer as Record<string, unknown>) ?? true))
  )
    return answer;
  const got = text === "" ? "nothing" : JSON.stringify(text.slice(0, 80));
  throw new Trouble("nonsense", `Expected ${names.join(" or ")} from the API, got ${got}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
