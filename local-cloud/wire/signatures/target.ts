import type { IncomingMessage } from "node:http";

/** The parts of a request's URL, as they were sent. */
export interface Target {
  path: string;
  /** Without its question mark. */
  search: string;
  /** Decoded; a name may come several times. */
  query: ReadonlyMap<string, string[]>;
}

/** A request's path and query, decoded if possible. */
export function targetOf({ url = "/" }: IncomingMessage): Target {
  const at = url.indexOf("?");
  const query = new Map<string, string[]>();
  const search = at < 0 ? "" : url.slice(at + 1);
  for (const pair of search.split("&").filter(Boolean)) {
    const [, name = "", value = ""] = /^([^=]*)=?(.*)$/s.exec(pair) ?? [];
    const key = decoded(name);
    query.set(key, [...(query.get(key) ?? []), decoded(value)]);
  }
  return { path: at < 0 ? url : url.slice(0, at), search, query };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
