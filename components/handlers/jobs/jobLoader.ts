import { writeSync } from "node:fs";
import Module, { isBuiltin } from "node:module";
import { declarationOf, type JobDeclaration } from "./jobDeclaration";

/**
 * Entry of the process that tries handlers, and reads jobs' definitions: loads each text of its standard input with
 * Node's own modules alone, and reports each step by its fourth stream at once.
 */
export type LoaderEvent =
  | { kind: "begun"; name: string }
  | { kind: "printed"; text: string }
  | { kind: "loaded"; declaration?: JobDeclaration }
  | { kind: "failed"; error: string };

const tell = (event: LoaderEvent) => writeSync(3, `${JSON.stringify(event)}\n`);

const get = (_: object, key: PropertyKey) =>
  key === "then" ? undefined : key === Symbol.toPrimitive ? () => "" : anything;
/** The prototype of a package, from which a bundle's imports of it inherit. */
const prototype = new Proxy({}, { get });
/** Stands for each package that only the worker image has: it accepts any use, and is no promise. */
const anything: unknown = new Proxy(function () {}, {
  get,
  getPrototypeOf: () => prototype,
  apply: () => anything,
  construct: () => anything as object,
});

for (const stream of [process.stdout, process.stderr]) {
  stream.write = (chunk: string | Uint8Array, ...more: unknown[]) => {
    tell({ kind: "printed", text: Buffer.from(chunk as Uint8Array).toString() });
    const done = more.find((each) => typeof each === "function");
    if (done) process.nextTick(done);
    return true;
  };
}
// The definition may be there all the same.
for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(event, (error: Error) => tell({ kind: "printed", text: `${error?.stack ?? String(error)}\n` }));
}

let input = "";
process.stdin.setEncoding("utf8").on("data", (chunk) => (input += String(chunk)));
process.stdin.once("end", () => void loadAll(JSON.parse(input) as Record<string, string>));

async function loadAll(texts: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(texts)) {
    tell({ kind: "begun", name });
    try {
      let exported = await compile(text, `/${name}`);
      let declaration: JobDeclaration | undefined;
      // As the worker does: the default of a CommonJS module may hold the default in turn.
      for (let depth = 0; depth < 4 && declaration === undefined; depth++) {
        declaration = declarationOf(exported);
        exported = (Object(exported) as { default?: unknown }).default;
      }
      tell({ kind: "loaded", declaration });
    } catch (error) {
      tell({ kind: "failed", error: (error as Partial<Error>)?.stack ?? String(error) });
    }
  }
  process.exit(0);
}

/** Members of Node's own loader that its types leave out. */
interface CompilableModule extends Module {
  _compile(text: string, filename: string): void;
}

/** Loads the text as a module of that name, which Node maps to its source files. */
function compile(text: string, filename: string): unknown {
  const module = new Module(filename) as CompilableModule;
  module.require = ((name: string) => (isBuiltin(name) ? process.getBuiltinModule(name) : anything)) as NodeJS.Require;
  module._compile(text, filename);
  return module.exports;
}
