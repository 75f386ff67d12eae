import type { ProblemDocument } from "../../contract/http/problem";

/**
 * Ways in which a call fails: the API isn't there, is slow, refuses the caller, has a problem with the request, fails
 * itself, or answers something that isn't its own.
 */
export type TroubleKind = "down" | "slow" | "refused" | "problem" | "failing" | "nonsense";

/** A failed call, in words for people. */
export class Trouble extends Error {
  constructor(
    readonly kind: TroubleKind,
    message: string,
    /** Fields at fault. */
    readonly fields: ProblemDocument["errors"] = [],
    /** Seconds after which to ask again, if the API says so. */
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
  }
}

/** The trouble that an answer is, by its status. */
export function troubleOf(status: number, body: unknown, retryAfter: string | null): Trouble {
  const { detail, message, errors } = Object(body) as Record<string, unknown>;
  const said = [detail, message].find((text) => typeof text === "string" && text !== "") as string | undefined;
  const fields = Array.isArray(errors) ? (errors as ProblemDocument["errors"]) : [];
  const seconds = Number(retryAfter) || undefined;
  if (status === 401 || status === 403) {
    return new Trouble("refused", `The API refuses this (${status}): ${said ?? "it gives no reason"}`);
  }
  if (status === 429 || status >= 500) {
    return new Trouble("failing", `The API can't answer now (${status})${said ? `: ${said}` : ""}`, [], seconds);
  }
  return new Trouble("problem", said ?? `The API answers with status ${status}`, fields);
}
