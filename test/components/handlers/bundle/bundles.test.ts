import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { HandlerProblems } from "../../../../components/handlers/bundle/bundleProblems";
import { bundleOnce } from "../../../../components/handlers/bundle/bundles";
import { stockPackages } from "../../../../components/handlers/bundle/stockPackages";
import { findHandlerFile } from "../../../../components/handlers/handlerFile";
import { readBundleHeader } from "../../../../contract/handlers/handlerBundle";
import { removeWrittenFolders, writtenFolder } from "../../../support/writtenFolder";

type Files = Record<string, string | object>;

/** Packages of every kind that a handler may import. */
const packages: Files = {
  "node_modules/of-cjs/package.json": { name: "of-cjs", main: "main.js" },
  "node_modules/of-cjs/main.js": `const { join } = require("path"); module.exports = { join, here: __dirname.length > 0 };`,
  "node_modules/of-esm/package.json": {
    name: "of-esm",
    type: "module",
    exports: { ".": "./main.js", "./more": "./more.js" },
  },
  "node_modules/of-esm/main.js": `export default class Box { #inside = 1; get inside() { return this.#inside; } }`,
  "node_modules/of-esm/more.js": `export const more = await Promise.resolve("more");`,
  "node_modules/@of/scope/package.json": { name: "@of/scope", main: "main.js" },
  "node_modules/@of/scope/main.js": `exports.deep = () => require("of-cjs").join("a", "b");`,
  "node_modules/native/package.json": { name: "native", main: "main.js" },
  "node_modules/native/main.js": `module.exports = require("./build/Release/native.node");`,
  "node_modules/native/build/Release/native.node": "\u0000",
  "node_modules/bindings/package.json": { name: "bindings", main: "main.js" },
  "node_modules/bindings/main.js": `module.exports = (name) => require(name);`,
  "node_modules/finds/package.json": { name: "finds", main: "main.js" },
  "node_modules/finds/main.js": `module.exports = require("bindings")("finds");`,
  "node_modules/careful/package.json": { name: "careful", main: "main.js" },
  "node_modules/careful/main.js": `
    exports.name = "careful";
    try { require("native"); exports.name = "native"; } catch (error) { exports.reason = "without"; }
    try { require("not-installed"); } catch {}
    try { require("./own.node"); } catch {}`,
  "node_modules/careful/own.node": "\u0000",
};

async function bundleOf(files: Files, handler: string, isStockImage = true): Promise<string> {
  const folder = writtenFolder({ ...packages, ...files });
  return (await bundleOnce({ file: findHandlerFile(handler, folder)!, name: handler, folder, isStockImage })).text;
}

async function problemsOf(files: Files, handler: string, isStockImage = true): Promise<string[]> {
  try {
    await bundleOf(files, handler, isStockImage);
    return [];
  } catch (error) {
    if (error instanceof HandlerProblems) return error.problems;
    throw error;
  }
}

/** Calls the handler in a process that has the bundle and nothing else. */
function run(text: string): unknown {
  const folder = writtenFolder({ "handler.js": text });
  const script = `
    Promise.resolve(require("./handler.js")).then(async ({ default: exported }) => {
      const result = await (exported.handle?.bind(exported) ?? exported)({ payload: 2 }, {});
      process.stdout.write(JSON.stringify(result));
    });`;
  return JSON.parse(execFileSync(process.execPath, ["-e", script], { cwd: folder, env: {}, encoding: "utf8" }));
}

describe("the bundle of a handler's file", function () {
  after(removeWrittenFolders);

  const handlers: [what: string, handler: string, files: Files, result: unknown][] = [
    [
      "in TypeScript, with helpers, data, packages and a top-level await",
      "./jobs/invoice",
      {
        "jobs/invoice.ts": `
          import Box from "of-esm";
          import { deep } from "@of/scope";
          import { join, here } from "of-cjs";
          import * as fs from "node:fs";
          import data from "./data.json";
          import sql from "./query.sql";
          import { double } from "~/double";
          const late: number = await Promise.resolve(3);
          const { more } = await import("of-esm/more");
          const started = new Map([["at", new Date(0)]]);
          class Tally { static all = 0; count = 1; #own = 2; sum() { return this.count + this.#own + ++Tally.all; } }
          export default async function invoice(job: { payload: number }) {
            const { readFile } = await import("fs/promises");
            return [new Box().inside, deep(), join("c", "d"), here, typeof fs.readFileSync, data.rate, sql.trim(), late, more,
              double(job.payload), started.get("at")!.getTime(), new Tally().sum(), typeof readFile,
              import.meta.url.startsWith("file:///"), typeof import.meta.dirname];
          }`,
        "jobs/data.json": { rate: 7 },
        "jobs/query.sql": "select 1\n",
        "lib/double.ts": `export enum Factor { Two = 2 }\nexport const double = (value: number) => value * Factor.Two;`,
        "tsconfig.json": { compilerOptions: { paths: { "~/*": ["./lib/*"] } } },
      },
      [1, "a/b", "c/d", true, "function", 7, "select 1", 3, "more", 4, 0, 4, "function", true, "string"],
    ],
    [
      "in CommonJS",
      "./job.js",
      { "job.js": `module.exports = async ({ payload }) => [payload, require("of-cjs").here];` },
      [2, true],
    ],
    [
      "in CommonJS, as TypeScript compiles it",
      "./job.cjs",
      {
        "job.cjs": `Object.defineProperty(exports, "__esModule", { value: true }); exports.default = async () => typeof require;`,
      },
      "function",
    ],
    [
      "in an ES module",
      "../job.mjs",
      { "job.mjs": `export { go as default } from "./go.mjs";`, "go.mjs": `export const go = () => typeof this;` },
      "undefined",
    ],
    [
      "that is an object with `handle`",
      "./job.ts",
      { "job.ts": `export default { factor: 3, handle(job: any) { return job.payload * this.factor; } };` },
      6,
    ],
    [
      "that exports `handle`",
      "./job.mts",
      { "job.mts": `export const handle = ({ payload }: any): number => payload + 1;` },
      3,
    ],
    [
      "with a package that does without its native part",
      "./job.ts",
      { "job.ts": `import careful from "careful"; export default () => careful;` },
      { name: "careful", reason: "without" },
    ],
  ];
  for (const [what, handler, files, result] of handlers) {
    it(`runs by itself: one ${what}`, async () => {
      const folder = writtenFolder({ ...packages, ...files, "program/index.ts": "" });
      const program = handler.startsWith("../") ? join(folder, "program") : folder;
      const file = findHandlerFile(handler, program)!;
      const { text } = await bundleOnce({ file, name: handler, folder: program, isStockImage: true });
      expect(run(text)).to.deep.equal(result);
      expect(text.includes(folder)).to.equal(false);
    });
  }

  it("is the same in another folder, and by a path from the root", async () => {
    const files = {
      ...packages,
      "a/jobs/x.ts": `import "of-cjs"; import "../../lib/y"; export default () => 1;`,
      "lib/y.ts": "console.log(1);",
    };
    const texts = await Promise.all(
      ["one ", "a much longer name "].map(async (prefix) => {
        const folder = join(writtenFolder(files, prefix), "a");
        return (await bundleOnce({ file: join(folder, "jobs/x.ts"), name: "./jobs/x", folder, isStockImage: true }))
          .text;
      }),
    );
    expect(texts[0]).to.equal(texts[1]);
    const folder = writtenFolder({ ...files, "a/package.json": {} });
    const file = join(folder, "a/jobs/x.ts");
    const elsewhere = await bundleOnce({ file, name: file, folder: join(folder, "lib"), isStockImage: true });
    expect(elsewhere.text).to.equal(texts[0]);
  });

  it("names packages by their own paths where they lie beside the program", async () => {
    const folder = writtenFolder({
      ...packages,
      "deep/er/job.ts": `import "of-cjs"; import Box from "of-esm"; export default () => Box;`,
    });
    const program = join(folder, "deep/er");
    const { text } = await bundleOnce({
      file: join(program, "job.ts"),
      name: "./job",
      folder: program,
      isStockImage: true,
    });
    expect(text).to.include('"node_modules/of-cjs/main.js"(').and.to.include("// node_modules/of-esm/main.js");
    const map = Buffer.from(text.split("base64,")[1]!, "base64").toString();
    expect((JSON.parse(map) as { sources: string[] }).sources).to.include.members([
      "job:job.ts",
      "job:node_modules/of-cjs/main.js",
    ]);
  });

  it("leaves out what the stock image has", async () => {
    const text = await bundleOf(
      {
        "job.ts": `import sharp from "sharp"; import { S3Client } from "@aws-sdk/client-s3"; export default async () => [sharp, S3Client, await import("@aws-sdk/client-sns")];`,
      },
      "./job",
    );
    expect(stockPackages()).to.include.members(["sharp", "@aws-sdk/client-s3", "@aws-sdk/client-sns"]);
    for (const name of ["sharp", "@aws-sdk/client-s3", "@aws-sdk/client-sns"])
      expect(text).to.include(`require("${name}")`);
    expect(readBundleHeader(text)).to.deep.equal({ name: "job.ts", packages: [] });
  });

  const refused: [what: string, files: Files, problems: RegExp[]][] = [
    [
      "packages that aren't installed, all of them",
      { "job.ts": `import a from "no-a";\n\nimport b from "@no/b/deep";\nexport default () => [a, b];` },
      [
        /^job\.ts:1: the package no-a is not installed: npm install no-a$/,
        /^job\.ts:3: the package @no\/b is not installed/,
      ],
    ],
    [
      "a file of its own that isn't there",
      { "job.ts": `import "./lib";\nexport default () => 1;` },
      [/^job\.ts:1: there is no file \.\/lib$/],
    ],
    [
      "a module without a default export",
      { "job.ts": `export const other = 1;` },
      [/^\.\/job has no default export: expected `export default/],
    ],
    ["an empty module", { "job.ts": `` }, [/has no default export/]],
    ["what doesn't parse", { "job.ts": `export default () => {\n  const 1;\n};` }, [/^job\.ts:2: Expected identifier/]],
    [
      "a package with a native part",
      { "job.ts": `import "native"; import "finds"; export default () => 1;` },
      [/^finds has a native part.*`image` of its own/, /^native has a native part/],
    ],
    [
      "a bundle that is too large",
      {
        "job.ts": `import "huge"; import "of-esm"; export default () => 1;`,
        "node_modules/huge/index.js": `console.log(${JSON.stringify("x".repeat(20_000_001))})`,
      },
      [/^Expected a bundle of at most 20 MB, got 20\.0 MB; the largest in it: huge 20\.0 MB, /],
    ],
  ];
  for (const [what, files, problems] of refused) {
    it(`is refused for ${what}`, async () => {
      const got = await problemsOf(files, "./job");
      expect(got).to.have.length(problems.length);
      problems.forEach((pattern, index) => expect(got[index]).to.match(pattern));
    });
  }

  it("leaves to an own image what can't be bundled, and says so to its worker", async () => {
    const files = {
      "job.ts": `import "native"; import "of-cjs"; import "in-the-image/sub"; import "sharp"; export default () => 1;`,
    };
    const text = await bundleOf(files, "./job", false);
    expect(readBundleHeader(text)!.packages).to.deep.equal(["in-the-image", "native", "sharp"]);
    expect(text).to.include('require("native")').and.to.include('require("in-the-image/sub")');
    expect(
      await problemsOf({ "job.ts": `import "./lib"; import "in-the-image"; export default 1;` }, "./job", false),
    ).to.deep.equal(["job.ts:1: there is no file ./lib"]);
  });

  it("is made again only if a file of it changes", async () => {
    const folder = writtenFolder({
      "job.ts": `import { a } from "./a"; export default () => a;`,
      "a.ts": "export const a = 1;",
    });
    const source = { file: join(folder, "job.ts"), name: "./job", folder, isStockImage: true };
    const first = await bundleOnce(source);
    expect(await bundleOnce(source)).to.equal(first);
    writeFileSync(join(folder, "a.ts"), "export const a = 2;");
    expect(run((await bundleOnce(source)).text)).to.equal(2);
    writeFileSync(join(folder, "a.ts"), "export const b = 2;");
    expect((await bundleOnce(source).catch((error: unknown) => error)) instanceof HandlerProblems).to.equal(true);
    writeFileSync(join(folder, "a.ts"), "export const a = 1;");
    expect((await bundleOnce(source)).text).to.equal(first.text);
  });
});
