import { createRequire, isBuiltin } from "node:module";
import { types } from "node:util";
import type TypeScript from "typescript";
import { packageOfRequest } from "./packageOf";

/** The TypeScript that Pulumi serialises with: the consumer's, or Pulumi's own copy. */
export const ts = createRequire(__filename)("@pulumi/pulumi/typescript-shim") as typeof TypeScript;

/** Describes a value that the serialiser takes silently but a worker can't use; undefined for values that survive. */
export function findLossyCapture(value: unknown): string | undefined {
  if (typeof value === "symbol") return "a symbol";
  if (typeof value === "function") return findLossyClass(value as () => unknown);
  if (typeof value !== "object" || value === null) return undefined;
  return lossyObjects.find(([isOne]) => isOne(value))?.[1];
}

const lossyObjects: [(value: unknown) => boolean, string][] = [
  [types.isMap, "a Map"],
  [types.isSet, "a Set"],
  [types.isWeakMap, "a WeakMap"],
  [types.isWeakSet, "a WeakSet"],
  [types.isDate, "a Date"],
  [(value) => Buffer.isBuffer(value), "a Buffer"],
  [types.isArrayBufferView, "a typed array"],
  [types.isAnyArrayBuffer, "an ArrayBuffer"],
  [types.isNativeError, "an Error"],
  [types.isGeneratorObject, "a generator"],
];

function findLossyClass(value: () => unknown): string | undefined {
  const text = Function.prototype.toString.call(value);
  if (!/^class\b/.test(text)) return undefined;
  if ((value.prototype as unknown) instanceof Error) return "a class that extends Error";
  const body = parse(`(${text})`);
  if (some(body, (node) => ts.isPrivateIdentifier(node))) return "a class with #private names";
  return some(body, setsField) ? "a class with a field" : undefined;
}

function setsField(node: TypeScript.Node): boolean {
  const isField = ts.isPropertyDeclaration(node) && node.initializer !== undefined;
  return isField || node.kind === ts.SyntaxKind.ClassStaticBlockDeclaration;
}

/** True if the handler itself uses `this` or `super`, which a worker can't provide. */
export function usesThis(handle: (...args: never[]) => unknown): boolean {
  const text = Function.prototype.toString.call(handle);
  // As a method in an object, or as an expression: one of the two is valid JavaScript.
  const [asMethod, asExpression] = [parse(`({${text}})`), parse(`(${text})`)];
  const source = isFaulty(asExpression) ? asMethod : asExpression;
  const handler = find(source, (node) => ts.isFunctionLike(node));
  return handler !== undefined && ts.forEachChild(handler, refersToThis) === true;
}

/** Offset of the declaration that a place in a script sees by a name; undefined if there is none. */
export function findDeclaration(text: string, name: string, at: number): number | undefined {
  const source = parse(text);
  let found: { scope: TypeScript.Node; offset: number; isExport: boolean } | undefined;
  const visit = (node: TypeScript.Node, scope: TypeScript.Node): void => {
    const isExport = isExportOf(node, name);
    if (isExport || declares(node, name)) {
      const isNearer = found === undefined || found.isExport || scope.pos > found.scope.pos;
      if (isNearer && scope.pos <= at && at < scope.end) found = { scope, offset: node.getStart(source), isExport };
    }
    const inner = ts.isFunctionLike(node) || ts.isBlock(node) ? node : scope;
    ts.forEachChild(node, (child) => visit(child, inner));
  };
  visit(source, source);
  return found?.offset;
}

function declares(node: TypeScript.Node, text: string): boolean {
  const { name } = node as { name?: TypeScript.Node };
  if (name === undefined || !ts.isIdentifier(name) || name.text !== text) return false;
  const isVariable = ts.isVariableDeclaration(node) || ts.isBindingElement(node) || ts.isParameter(node);
  return isVariable || ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node);
}

/** True for `exports.name = …`, as a loader writes it. */
function isExportOf(node: TypeScript.Node, name: string): boolean {
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.EqualsToken) return false;
  const { left, right } = node;
  if (!ts.isPropertyAccessExpression(left) || ts.isVoidExpression(right) || ts.isBinaryExpression(right)) return false;
  return ts.isIdentifier(left.expression) && left.expression.text === "exports" && left.name.text === name;
}

/** Packages, Node's own left out, and files that the text requires or imports by a literal name. */
export function findRequests(text: string): { packages: string[]; files: string[] } {
  const names = new Set<string>();
  some(parse(text), (node) => {
    if (!ts.isCallExpression(node)) return false;
    const { expression, arguments: list } = node;
    const isRequire = ts.isIdentifier(expression) && expression.text === "require";
    const [module] = list;
    if (!module || !ts.isStringLiteralLike(module)) return false;
    if (isRequire || expression.kind === ts.SyntaxKind.ImportKeyword) names.add(module.text);
    return false;
  });
  const packages = [...names].map((name) => (isBuiltin(name) ? undefined : packageOfRequest(name)));
  return {
    packages: [...new Set(packages.filter((name) => name !== undefined))].sort(),
    files: [...names].filter((name) => /^\.\.?\//.test(name)),
  };
}

function refersToThis(node: TypeScript.Node): true | undefined {
  if (node.kind === ts.SyntaxKind.ThisKeyword || node.kind === ts.SyntaxKind.SuperKeyword) return true;
  // These have their own `this`.
  const isScope = ts.isFunctionLike(node) && !ts.isArrowFunction(node);
  return isScope || ts.isClassLike(node) ? undefined : ts.forEachChild(node, refersToThis);
}

function parse(text: string): TypeScript.SourceFile {
  return ts.createSourceFile("handler.js", text, ts.ScriptTarget.Latest, false, ts.ScriptKind.JS);
}

function isFaulty(source: TypeScript.SourceFile): boolean {
  return (source as unknown as { parseDiagnostics: unknown[] }).parseDiagnostics.length > 0;
}

function some(node: TypeScript.Node, matches: (node: TypeScript.Node) => boolean): boolean {
  return find(node, matches) !== undefined;
}

function find(node: TypeScript.Node, matches: (node: TypeScript.Node) => boolean): TypeScript.Node | undefined {
  return matches(node) ? node : ts.forEachChild(node, (child) => find(child, matches));
}
