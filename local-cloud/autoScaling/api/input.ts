import { Refused } from "../../wire/refusal";
import type { XmlValue } from "../../wire/xml";
import type { Groups } from "../groups";

/** One action: returns the members of its result, or throws its refusal. */
export type Call = (groups: Groups, input: Input) => Record<string, XmlValue>;

/** The parameters of a call on the query protocol: `Name`, `Names.member.N`, `Filters.member.N.Name`. */
export class Input {
  private readonly parameters: URLSearchParams;

  constructor(body: string) {
    this.parameters = new URLSearchParams(body);
  }

  text(name: string): string | undefined {
    return this.parameters.get(name) ?? undefined;
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw constraint("null", name, "Member must not be null");
    return value;
  }

  /** One of the words. */
  choice<Word extends string>(name: string, words: readonly Word[]): Word {
    const value = this.required(name);
    const found = words.find((word) => word === value);
    if (!found) throw constraint(value, name, `Member must satisfy enum value set: [${words.join(", ")}]`);
    return found;
  }

  count(name: string): number {
    const value = this.required(name);
    if (!/^\d+$/.test(value)) throw constraint(value, name, "Member must have value greater than or equal to 0");
    return Number(value);
  }

  flag(name: string, ifAbsent: boolean): boolean {
    const value = this.text(name);
    return value === undefined ? ifAbsent : value === "true";
  }

  list(name: string): string[] {
    return this.indexed(name).map(([, value]) => value);
  }

  /** `Filters`: each matches if one of its values does. */
  filters(): { name: string; values: string[] }[] {
    const indices = new Set(this.indexed("Filters").map(([index]) => index));
    return [...indices].map((index) => ({
      name: this.required(`Filters.member.${index}.Name`),
      values: this.list(`Filters.member.${index}.Values`),
    }));
  }

  /** The page of a result that `MaxRecords` and `NextToken` select. */
  page<T>(all: readonly T[], usual: number, most: number): { items: T[]; nextToken?: string } {
    const count = this.text("MaxRecords") === undefined ? usual : this.count("MaxRecords");
    if (count > most) {
      throw constraint(String(count), "MaxRecords", `Member must have value less than or equal to ${most}`);
    }
    const start = offsetOf(this.text("NextToken"));
    const end = start + Math.max(1, count);
    return { items: all.slice(start, end), nextToken: end < all.length ? tokenOf(end) : undefined };
  }

  private indexed(name: string): [index: string, value: string][] {
    const prefix = `${name}.member.`;
    return [...this.parameters]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length).split(".")[0]!, value]);
  }
}

function constraint(value: string, name: string, expectation: string): Refused {
  const member = name.charAt(0).toLowerCase() + name.slice(1);
  const shown = value === "null" ? value : `'${value}'`;
  return new Refused(
    `1 validation error detected: Value ${shown} at '${member}' failed to satisfy constraint: ${expectation}`,
  );
}

function tokenOf(offset: number): string {
  return Buffer.from(`from ${offset}`).toString("base64url");
}

function offsetOf(token: string | undefined): number {
  if (token === undefined) return 0;
  const [, offset] = /^from (\d+)$/.exec(Buffer.from(token, "base64url").toString()) ?? [];
  if (!offset) throw new Refused("The NextToken value is not valid.", "InvalidNextToken");
  return Number(offset);
}
