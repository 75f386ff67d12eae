import { createRequire } from "node:module";
import { join } from "node:path";
import { expect } from "chai";
import ts from "typescript";
import { type ProcessorArgs } from "../../../../components";
import { shipHandlers } from "../../../../components/handlers/shipHandlers";
import { runHandler } from "../../../../testing";
import { removeWrittenFolders, writtenFolder } from "../../../support/writtenFolder";
import { buildWorker } from "../../../worker-image/helpers/build";

/** A program whose handlers fail in a helper three files away. */
const program = {
  "package.json": {},
  "node_modules/shout/package.json": { name: "shout", main: "main.js" },
  "node_modules/shout/main.js": `exports.shout = (call) => call();`,
  "jobs/program.ts": `
import { shout } from "shout";
import { check } from "../lib/check";

type Given = { payload: number };

export const handlers = {
  async plain(job: Given): Promise<void> {
    await Promise.resolve();
    check(job.payload);
  },
  packaged: (job: Given) => shout(() => check(job.payload)),
  later: async (job: Given) => {
    const each = async (value: number) => {
      await Promise.resolve();
      check(value);
    };
    await Promise.all([each(job.payload)]);
  },
  wrapped(job: Given): void {
    try {
      check(job.payload);
    } catch (cause) {
      throw new Error("not checked", { cause });
    }
  },
};
`,
  "lib/check.ts": `
import { Rule } from "./rule";

interface Bounds { low: number }

export function check(value: number): void {
  const { low }: Bounds = { low: 0 };
  new Rule(low).test(value);
}
`,
  "lib/rule.ts": `
import { reject } from "./reject";

export class Rule {
  constructor(low: number) {
    (this as any).low = low;
  }
  test(value: number): void {
    if (value < (this as any).low) reject(value);
  }
}
`,
  "lib/reject.ts": `
/** Comments and types are gone when it runs. */
type Reason = string;

export const reject = (value: number): never => {
  const reason: Reason = "too small";
  throw new RangeError(reason + value);
};
`,
};
const helpers = ["reject (lib/reject.ts:7:9)", "test (lib/rule.ts:9:36)", "check (lib/check.ts:8:17)"];

type Handlers = Record<string, NonNullable<ProcessorArgs["handle"]>>;

/** Loads the program as its process does. */
const load = (folder: string, name = "jobs/program"): Handlers =>
  (createRequire(join(folder, "index.js"))(`./${name}`) as { handlers: Handlers }).handlers;

/** The same program, as `tsc` compiles it. */
function compiled(options: ts.CompilerOptions): Record<string, string | object> {
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, ...options };
  return Object.fromEntries(
    Object.entries(program).flatMap(([file, text]): [string, string | object][] => {
      if (typeof text !== "string" || !file.endsWith(".ts")) return [[file, text]];
      const { outputText, sourceMapText } = ts.transpileModule(text, { fileName: file, compilerOptions });
      const script = file.replace(/ts$/, "js");
      return [[script, outputText], ...(sourceMapText ? [[`${script}.map`, sourceMapText] as [string, string]] : [])];
    }),
  );
}

describe("an inline handler's frames", () => {
  const before_ = process.cwd();
  before(buildWorker);
  afterEach(() => process.chdir(before_));
  after(removeWrittenFolders);

  async function framesOf(handle: Handlers[string]): Promise<string[] | undefined> {
    const { error } = await runHandler({ handle }, { payload: -1 });
    return error?.frames;
  }

  const without = (frames: string[] | undefined) => frames?.map((frame) => frame.replace(/:\d+\)$/, ")"));

  it("name the TypeScript of a helper three files away, whatever way the code runs", async () => {
    const folder = writtenFolder(program);
    process.chdir(folder);
    const handlers = load(folder);
    const lines = without(helpers)!;
    expect(without(await framesOf(handlers.plain!))).to.deep.equal([...lines, "plain (jobs/program.ts:10)"]);
    expect(without(await framesOf(handlers.packaged!))).to.deep.equal([
      ...lines,
      "<anonymous> (jobs/program.ts:12)",
      "packaged (jobs/program.ts:12)",
    ]);
    expect(without(await framesOf(handlers.later!))).to.deep.equal([
      ...lines,
      "each (jobs/program.ts:16)",
      "later (jobs/program.ts:18)",
    ]);
    expect(without(await framesOf(handlers.wrapped!))).to.deep.equal([
      "wrapped (jobs/program.ts:24)",
      `caused by ${lines[0]}`,
      ...lines.slice(1),
      "wrapped (jobs/program.ts:22)",
    ]);
  });

  for (const [how, options, files] of [
    ["with a map in the script", { inlineSourceMap: true }, ["rule.ts:9", "check.ts:8"]],
    ["with a map beside the script", { sourceMap: true }, ["rule.ts:9", "check.ts:8"]],
    ["without a map", {}, ["rule.js:11", "check.js:7"]],
  ] as [string, ts.CompilerOptions, string[]][]) {
    it(`lead through the loader's source map: a program compiled ${how}`, async () => {
      const folder = writtenFolder(compiled(options));
      process.chdir(folder);
      const frames = without(await framesOf(load(folder).plain!))!;
      expect(frames.slice(1, 3)).to.deep.equal([`test (lib/${files[0]})`, `check (lib/${files[1]})`]);
    });
  }

  it("are the same from another folder, and move without another name of the object", async () => {
    const ship = async (files: object, prefix: string) => {
      const folder = writtenFolder({ ...program, ...files }, prefix);
      process.chdir(folder);
      const { packaged, plain } = load(folder);
      const handlers = Object.entries({ packaged, plain }).map(([type, handle]) => ({
        type,
        handle,
        isStockImage: true,
      }));
      const shipped = [...(await shipHandlers(handlers)).values()];
      for (const { text } of shipped) {
        expect(text).not.to.include(folder);
        const map = Buffer.from(text.split("base64,").at(-1)!, "base64").toString();
        expect((JSON.parse(map) as { sources: string[] }).sources.join())
          .to.include("job:lib/rule.ts")
          .and.not.include(prefix);
      }
      return { texts: shipped.map(({ text }) => text), hashes: shipped.map(({ hash }) => hash) };
    };
    const one = await ship({}, "one ");
    expect(await ship({}, "a much longer name ")).to.deep.equal(one);
    const moved = await ship({ "jobs/program.ts": `// A line more.\n${program["jobs/program.ts"]}` }, "one ");
    expect(moved.hashes).to.deep.equal(one.hashes);
    expect(moved.texts).not.to.deep.equal(one.texts);
  });

  it("name no place for code that is at two places", async () => {
    const folder = writtenFolder({
      "program.js": `
        const a = { low: 1 };
        const one = (() => { const low = a; return () => { if (low) throw new Error("x"); }; })();
        const two = (() => { const low = null; return () => { if (low) throw new Error("x"); }; })();
        exports.handlers = { twice: () => { two(); one(); } };`,
    });
    process.chdir(folder);
    expect(without(await framesOf(load(folder, "program").twice!))).to.deep.equal(["twice (program.js:5)"]);
  });
});
