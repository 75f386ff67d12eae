import { listOf, textsOf } from "./element";
import { compileArnGlob, compileGlob, type Glob } from "./glob";

/** Known facts about a call beside its caller, by condition key in lower case; a key may be undefined. */
export type Context = Readonly<Record<string, string | readonly string[] | undefined>>;

export type Condition = (context: Context) => boolean;

/** Keys that the local cloud sets whenever AWS does. */
const keys = [
  "aws:principalaccount",
  "aws:principalarn",
  "aws:requestedregion",
  "aws:securetransport",
  "aws:sourceaccount",
  "aws:sourcearn",
  "dynamodb:leadingkeys",
  "iam:passedtoservice",
];
const keyPrefixes = ["autoscaling:resourcetag/", "aws:resourcetag/"];

const exact = (value: string): Glob => {
  if (value.includes("${")) throw new Error(`Expected no policy variables in the local cloud, got ${value}`);
  return (text) => text === value;
};
const anyCase = (value: string): Glob => {
  const matches = exact(value.toLowerCase());
  return (text) => matches(text.toLowerCase());
};

/**
 * "IAM JSON policy elements: Condition operators", those that the local cloud evaluates. Texts and ARNs have their
 * negations too, such as `StringNotEquals`.
 */
const operators: Record<string, (value: string) => Glob> = {
  StringEquals: exact,
  StringEqualsIgnoreCase: anyCase,
  StringLike: (value) => compileGlob(value),
  Bool: anyCase,
  ArnEquals: compileArnGlob,
  ArnLike: compileArnGlob,
};
const negation = /(?<=^String|^Arn)Not/;

/**
 * The whole of a statement's `Condition`: each key of each operator must match. @throws Error that names what is
 * unknown
 */
export function compileConditions(block: unknown): Condition {
  if (block === undefined) return () => true;
  if (typeof block !== "object" || block === null) throw new Error(`Expected \`Condition\` as an object`);
  const all = Object.entries(block).flatMap(([operator, byKey]) =>
    Object.entries(byKey as Record<string, unknown>).map(([key, values]) => compileOne(operator, key, textsOf(values))),
  );
  return (context) => all.every((condition) => condition(context));
}

function compileOne(text: string, key: string, values: string[]): Condition {
  const name = key.toLowerCase();
  if (!keys.includes(name) && !keyPrefixes.some((prefix) => name.startsWith(prefix))) {
    throw new Error(`The local cloud doesn't know the condition key ${key}`);
  }
  const [, quantifier, word = "", ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(text) ?? [];
  if (word === "Null" && !quantifier && !ifExists) {
    const isAbsent = values.includes("true");
    return (context) => (context[name] === undefined) === isAbsent;
  }
  const compile = operators[word.replace(negation, "")];
  if (!compile) throw new Error(`The local cloud doesn't know the condition operator ${text}`);
  const patterns = values.map((value) => compile(value));
  const isNegated = negation.test(word);
  const matches = (value: string) => patterns.some((pattern) => pattern(value)) !== isNegated;
  return (context) => {
    const actual = context[name];
    if (quantifier === "ForAllValues") return actual === undefined || listOf(actual).every(matches);
    if (quantifier === "ForAnyValue") return actual !== undefined && listOf(actual).some(matches);
    if (actual === undefined) return ifExists !== undefined || isNegated;
    return listOf(actual).some(matches);
  };
}
