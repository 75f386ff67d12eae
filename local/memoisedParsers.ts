import { readFileSync } from "node:fs";
import Module from "node:module";
import { dirname, join } from "node:path";

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

/**
 * Has dynalite parse expressions in linear time. Its parsers were generated without a memory of what they have tried,
 * and took a second for five parentheses, ten times as long for each one more: here each rule is tried once at a place,
 * as PEG.js's own option `cache` has it. To be called before dynalite is loaded.
 */
export function memoiseParsers(dynaliteFolder: string): void {
  for (const name of names) {
    const path = join(dynaliteFolder, "db", name);
    if (require.cache[path]) continue;
    const parser = new Module(path) as Module & { _compile(source: string, path: string): void };
    parser.filename = path;
    parser.paths = (Module as unknown as { _nodeModulePaths(from: string): string[] })._nodeModulePaths(dirname(path));
    parser._compile(memoised(readFileSync(path, "utf8"), path), path);
    parser.loaded = true;
    require.cache[path] = parser;
  }
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
