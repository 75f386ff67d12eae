import { readFileSync } from "node:fs";
import Module from "node:module";
import { dirname, join, sep } from "node:path";

/** Of dynalite's `db` folder. */
const names = ["conditionParser.js", "projectionParser.js", "updateParser.js"];

const memo = `
  var peg$known = new Map();
  function peg$memo(rule, parse) {
    var key = rule + peg$currPos, known = peg$known.get(key);
    if (known) { peg$currPos = known.end; return known.result; }
    var result = parse();
    peg$known.set(key, { end: peg$currPos, result: result });
    return result;
  }
`;

let loaded: typeof import("dynalite").default | undefined;

/**
 * Dynalite with parsers that take linear time. They were generated without a memory of failed tries, and took a second
 * for five parentheses, ten times as long for each further one: here each rule is tried once at a place, like PEG.js's
 * own option `cache`. It is a copy of its own: modules that loaded dynalite before keep theirs.
 */
export function loadDynalite(dynaliteFolder: string): typeof import("dynalite").default {
  if (loaded) return loaded;
  const within = dynaliteFolder + sep;
  for (const path of Object.keys(require.cache)) {
    if (path.startsWith(within) && !path.slice(within.length).startsWith("node_modules")) delete require.cache[path];
  }
  for (const name of names) {
    const path = join(dynaliteFolder, "db", name);
    const parser = new Module(path) as Module & { _compile(source: string, path: string): void };
    parser.filename = path;
    parser.paths = (Module as unknown as { _nodeModulePaths(from: string): string[] })._nodeModulePaths(dirname(path));
    parser._compile(memoised(readFileSync(path, "utf8"), path), path);
    parser.loaded = true;
    require.cache[path] = parser;
  }
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- its parsers come first
  loaded = require(dynaliteFolder) as typeof import("dynalite").default;
  return loaded;
}

function memoised(source: string, path: string): string {
  const start = /^function peg\$parse\(input, options\) \{$/m;
  const rule = /^ {2}function (peg\$parse\w+)\(\) \{$/gm;
  if (!start.test(source) || !rule.test(source)) throw new Error(`Expected a parser of PEG.js in ${path}`);
  return source
    .replace(
      rule,
      (_, name) => `  function ${name}() { return peg$memo("${name}", ${name}$once); }\n  function ${name}$once() {`,
    )
    .replace(start, (line) => line + memo);
}
