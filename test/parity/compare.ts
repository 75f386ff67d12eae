import { type AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { expect } from "chai";
import type { Side } from "./sides";

/** A place where the two answer differently, with what AWS's documentation says of it. */
export interface Difference {
  /** Path in the answer, `*` for any index; or `error.name`, `error.message`, `error.status`. */
  at: string;
  ours: unknown;
  moto: unknown;
  because: string;
}

/** Any of the client's commands: their types have nothing in common. */
export type Command = object;

/** One side's answer to a call: every leaf of the answer, or of the error, by its path. Random names are replaced. */
export async function outcome(side: Side, command: Command): Promise<Record<string, unknown>> {
  try {
    const answer = {
      ...((await side.client.send(command as Parameters<AutoScalingClient["send"]>[0])) as object),
    } as Record<string, unknown>;
    delete answer.$metadata;
    return leaves(answer);
  } catch (error) {
    const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
    return leaves({ error: { name, message, status: $metadata?.httpStatusCode } });
  }
}

/** Fails where the answers differ and it isn't listed, and where a listed difference is none any more. */
export function expectSame(
  ours: Record<string, unknown>,
  moto: Record<string, unknown>,
  differences: readonly Difference[] = [],
): void {
  const paths = [...new Set([...Object.keys(ours), ...Object.keys(moto)])].sort();
  const found = paths
    .filter((path) => ours[path] !== moto[path])
    .map((path) => ({ at: path.replace(/\.\d+(?=\.|$)/g, ".*"), ours: ours[path], moto: moto[path] }));
  const unique = new Map(found.map((difference) => [JSON.stringify(difference), difference]));
  const listed = differences.map(({ at, ours: expected, moto: other }) => ({ at, ours: expected, moto: other }));
  expect([...unique.values()]).to.have.deep.members(listed);
}

function leaves(value: unknown, path = ""): Record<string, unknown> {
  if (value === undefined) return {};
  if (value instanceof Date) return { [path]: "a time" };
  if (typeof value !== "object" || value === null) return { [path]: plain(value) };
  const entries = Object.entries(value);
  if (Array.isArray(value) && entries.length === 0) return { [path]: "nothing in it" };
  return Object.assign({}, ...entries.map(([key, each]) => leaves(each, path ? `${path}.${key}` : key))) as Record<
    string,
    unknown
  >;
}

function plain(value: unknown): unknown {
  if (typeof value !== "string") return value;
  return value
    .replace(/\bi-[0-9a-f]{8,17}\b/g, "i-…")
    .replace(/\blt-[0-9a-f]{8,17}\b/g, "lt-…")
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "a uuid")
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "a time")
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?/g, "a moto time")
    .replace(/:\d{12}:/g, ":account:");
}
