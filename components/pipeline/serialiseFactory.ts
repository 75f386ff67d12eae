import * as pulumi from "@pulumi/pulumi";

/**
 * The text of a module whose `handler` the factory builds, without the indentation, blank lines and comments that make up
 * a sixth of it, and without the `with` blocks around its functions. Only for functions of this package: a template literal
 * of several lines would lose its indentation.
 */
export async function serialiseFactory(factory: () => unknown): Promise<string> {
  const { text } = await pulumi.runtime.serializeFunction(factory, { exportName: "handler", isFactoryFunction: true });
  const short = text
    .replace(/^ +/gm, "")
    .replace(/^\/\/.*\n/gm, "")
    .replace(/^return (async )?function \/\*\w+\*\//gm, "return $1function ")
    .replace(/\n{2,}/g, "\n")
    // No function of ours has a `this`.
    .replace(/\(0, ([\w$]+\.[\w$]+)\)\(/g, "$1(");
  return withoutBlocks(short);
}

/** A function as Pulumi writes it: its name, what it captures, and what it is. */
const serialised =
  /^function (__\w+)\([^\n]*\) \{\nreturn \(function\(\) \{\nwith\(\{ ([^\n]*) \}\) \{\nreturn ([^]*?);\n\}\n\}\)\.apply\(undefined, undefined\)\.apply\(this, arguments\);\n\}\n/gm;
/** What a function captures, by name: a name, a number, or a text. */
const capture = /([\w$]+): ([\w$.]+|"(?:[^"\\]|\\.)*")/g;
const noCaptures = "this: undefined, arguments: undefined";
/** Names that mean something of their own to functions that don't capture them. */
const taken = /^(exports|module|require|this|arguments)$/;

/**
 * Functions that see what they capture as variables of the module. A `with` block around each costs a tenth of the text, and
 * makes each call of another function some fifteen times as slow. What two functions know under one name as two things
 * stays in their blocks.
 */
function withoutBlocks(text: string): string {
  const values = new Map<string, Set<string>>();
  for (const [, , captures = ""] of text.matchAll(serialised)) {
    for (const [name, value] of capturesOf(captures)) values.set(name, (values.get(name) ?? new Set()).add(value));
  }
  const isOne = (name: string) => values.get(name)!.size === 1 && !taken.test(name) && !(name in globalNames);
  const functions: string[] = [];
  const variables = new Map<string, string>();
  const rest = text.replace(serialised, (whole, name: string, captures: string, body: string) => {
    const pairs = capturesOf(captures);
    const own = pairs.find(([variable]) => variable === "exports");
    const foreign = pairs.filter((pair) => pair !== own);
    if (!foreign.every(([variable]) => isOne(variable))) return whole;
    for (const [variable, value] of foreign) variables.set(variable, value);
    // What a module calls `exports` has a name of its own here.
    functions.push(`var ${name} = ${own ? body.replace(/\bexports\./g, `${own[1]}.`) : body};\n`);
    return "";
  });
  const names = new Map<string, string>();
  for (const [name, value] of variables) if (/^__\w+$/.test(value) && !names.has(value)) names.set(value, name);
  const others = [...variables].filter(([name, value]) => names.get(value) !== name);
  const lines = others.map(([name, value]) => `var ${name} = ${value};\n`);
  // What a function captures may hold the function: all of them come first, and further names once all else is there.
  const end = rest.lastIndexOf("\nexports.handler = ") + 1;
  const all = [...functions, rest.slice(0, end), ...lines, rest.slice(end)].join("");
  for (const [, value = ""] of all.matchAll(/^(?:var|function) (__\w+)/gm)) {
    if (!names.has(value)) names.set(value, `_${names.size.toString(36)}`);
  }
  return all.replace(/\b__\w+/g, (value) => names.get(value) ?? value);
}

function capturesOf(captures: string): [string, string][] {
  if (captures === noCaptures) return [];
  const text = captures.replace(`, ${noCaptures}`, "");
  const pairs = [...text.matchAll(capture)];
  // Text that isn't understood stays as it is.
  if (pairs.map(([pair]) => pair).join(", ") !== text) return [["this", text]];
  return pairs.map(([, name = "", value = ""]) => [name, value]);
}

/** JavaScript's and Node's own, whatever the process at hand has beside them. */
const globalNames: Record<string, true> = Object.fromEntries(
  [
    ..."Array BigInt Boolean Buffer Date Error Function Infinity Intl JSON Map Math NaN Number Object Promise Proxy".split(
      " ",
    ),
    ..."RangeError Reflect RegExp Set String Symbol SyntaxError TypeError URL URLSearchParams WeakMap WeakSet".split(
      " ",
    ),
    ..."AbortController AbortSignal TextDecoder TextEncoder atob btoa clearInterval clearTimeout console crypto".split(
      " ",
    ),
    ..."decodeURIComponent encodeURIComponent fetch globalThis isFinite isNaN parseFloat parseInt performance process".split(
      " ",
    ),
    ..."queueMicrotask setImmediate setInterval setTimeout structuredClone undefined".split(" "),
  ].map((name) => [name, true]),
);
