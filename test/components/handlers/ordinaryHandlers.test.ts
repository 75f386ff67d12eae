import { execFileSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect } from "chai";
import { type OwnHandler, shipHandlers } from "../../../components/handlers/shipHandlers";
import { packageRoot } from "../../../contract/packageRoot";
import { removeWrittenFolders, writtenFolder } from "../../support/writtenFolder";

interface Ordinary {
  what: string;
  /** The handler's module; it gets `{ payload: "a,b\n1,2" }`. */
  source: string;
  result: unknown;
  /** The reason why its handler can't be shipped as text, with the remedy. @default - it can */
  refusal?: RegExp;
  /** True if the program itself can't import its module, which only a bundle can hold. */
  isFileOnly?: true;
}

const remedy = (name: string, what: string) =>
  new RegExp(`\`${name}\` \\(jobs/[\\w-]+\\.ts:\\d+\\), ${what}, can't be shipped as text. Move the handler to a file`);

const ordinary: Record<string, Ordinary> = {
  zod: {
    what: "a schema of zod in its module",
    source: `
      import { z } from "zod";
      const schema = z.object({ payload: z.string().transform((text) => text.length) });
      export default async (job: unknown) => schema.parse(job);`,
    result: { payload: 7 },
    refusal: remedy("schema", "an object of the package zod"),
  },
  "zod-within": {
    what: "a schema of zod in its function",
    source: `
      import { z } from "zod";
      export default async (job: unknown) => z.object({ payload: z.string().min(3) }).parse(job);`,
    result: { payload: "a,b\n1,2" },
  },
  csv: {
    what: "a package of both module systems, by a path within",
    source: `
      import { parse } from "csv-parts/sync";
      export default async (job: { payload: string }) => parse(job.payload);`,
    result: [
      ["a", "b"],
      ["1", "2"],
    ],
  },
  pnpm: {
    what: "a package as pnpm installs it",
    source: `
      import { parse } from "stored/sync";
      export default async (job: { payload: string }) => parse(job.payload);`,
    result: [
      ["a", "b"],
      ["1", "2"],
    ],
  },
  yaml: {
    what: "a package in CommonJS",
    source: `
      import { parse, stringify } from "yaml";
      export default async (job: { payload: string }) => parse(stringify({ given: [job.payload] }));`,
    result: { given: ["a,b\n1,2"] },
  },
  chai: {
    what: "a package that is an ES module only",
    source: `
      import { AssertionError } from "chai";
      export default async () => new AssertionError("no").name;`,
    result: "AssertionError",
  },
  pg: {
    what: "a client in its module, of a package that tries native code first",
    source: `
      import { Pool } from "pg-like";
      const pool = new Pool({ port: 1 });
      export default async () => pool.options.port + Pool.kind;`,
    result: "1JavaScript",
  },
  later: {
    what: "a package that it imports when it runs",
    source: `
      export default async () => {
        const { AssertionError } = await import("chai");
        return new AssertionError("no").message;
      };`,
    result: "no",
  },
  beside: {
    what: "files beside its own that it imports when it runs, and their packages",
    source: `
      async function shouted(text: string) { return (await import("./lib/shout")).shout(text); }
      export default async () => {
        const { quote } = await import("./lib/quote");
        return quote(await shouted("a"));
      };`,
    result: "quoted: A\n",
  },
  awaits: {
    what: "await at the top of its module, and a text",
    source: `
      import query from "./query.sql";
      const { readFile } = await import("node:fs/promises");
      const isThere = await readFile("/").catch(() => false);
      export default async () => [query, isThere];`,
    result: ["SELECT 1;", false],
    isFileOnly: true,
  },
  decorators: {
    what: "decorators, and paths of the project's tsconfig.json",
    source: `
      import { shout } from "@lib/shout";
      const loud = (target: unknown, name: string, property: PropertyDescriptor) => {
        const own = property.value;
        property.value = () => shout(own());
      };
      class Greeter { @loud greet() { return "hi"; } }
      export default async () => new Greeter().greet();`,
    result: "HI",
    isFileOnly: true,
  },
  syntax: {
    what: "generators and an enum",
    source: `
      enum Colour { Red = 1, Green }
      function* count(end: number) { for (let value = 0; value < end; value++) yield value; }
      async function* later(end: number) { for (const value of count(end)) yield value + 12; }
      export default async () => {
        const all: number[] = [];
        for await (const value of later(Colour.Green)) all.push(value);
        return all;
      };`,
    result: [12, 13],
  },
  processes: {
    what: "a thread and a child process, and files in the attempt's folder",
    source: `
      import { execFileSync } from "node:child_process";
      import { once } from "node:events";
      import { readFile, writeFile } from "node:fs/promises";
      import { join } from "node:path";
      import { Worker } from "node:worker_threads";
      export default async (job: unknown, { directory }: { directory: string }) => {
        const [sum] = await once(new Worker('require("worker_threads").parentPort.postMessage(1 + 1)', { eval: true }), "message");
        await writeFile(join(directory, "sum"), String(sum));
        return [await readFile(join(directory, "sum"), "utf8"), execFileSync("echo", ["a"]).toString(), typeof __dirname];
      };`,
    result: ["2", "a\n", "string"],
  },
  fields: {
    what: "a class with fields",
    source: `
      class Tally {
        static all = 0;
        count = 1;
        #own = 2;
        sum() { return this.count + this.#own + ++Tally.all; }
      }
      export default async () => new Tally().sum();`,
    result: 4,
    refusal: remedy("Tally", "a class with #private names"),
  },
  "fields-within": {
    what: "a class with fields in its function",
    source: `
      export default async () => {
        class Tally {
          count = 1;
          #own = 2;
          sum() { return this.count + this.#own; }
        }
        return new Tally().sum();
      };`,
    result: 3,
  },
  json: {
    what: "a JSON file",
    source: `
      import rates from "./rates.json";
      export default async () => rates.vat * 2;`,
    result: 38,
  },
  workspace: {
    what: "a package of the workspace, linked, in TypeScript, with a package of its own",
    source: `
      import { gross } from "@acme/shared";
      export default async () => gross(100);`,
    result: "gross: 119\n",
  },
  node: {
    what: "Node's own modules, helpers and values of its module",
    source: `
      import { createHash } from "node:crypto";
      import * as path from "path";
      import { shout } from "./lib/shout";
      const options = { algorithm: "sha256", parts: ["a", "b"] };
      export default async () => {
        const digest = createHash(options.algorithm).update("a").digest("hex").slice(0, 8);
        return shout(path.posix.join(...options.parts, digest));
      };`,
    result: "A/B/CA978112",
  },
  state: {
    what: "a Map and a Date in its module",
    source: `
      const days = new Map([["mon", new Date(0)]]);
      export default async () => days.get("mon")!.getTime();`,
    result: 0,
    refusal: remedy("days", "a Map"),
  },
};

/** A package of both module systems, whose `exports` allow one path and no file by its own name. */
const parserIn = (folder: string, name: string) => ({
  [`${folder}/package.json`]: {
    name,
    type: "module",
    exports: { "./sync": { import: "./lib/sync.js", require: "./dist/sync.cjs" } },
  },
  [`${folder}/lib/sync.js`]: `export const parse = (text) => text.split("\\n").map((line) => line.split(","));`,
  [`${folder}/dist/sync.cjs`]: `exports.parse = (text) => text.split("\\n").map((line) => line.split(","));`,
});

const store = "node_modules/.pnpm";
const files = {
  "package.json": { workspaces: ["packages/*"] },
  "jobs/rates.json": { vat: 19 },
  "tsconfig.json": { compilerOptions: { experimentalDecorators: true, paths: { "@lib/*": ["./jobs/lib/*"] } } },
  "jobs/query.sql": "SELECT 1;",
  "jobs/lib/quote.ts": `
    import { stringify } from "yaml";
    export const quote = (quoted: string): string => stringify({ quoted });`,
  "node_modules/pg-like/package.json": { name: "pg-like", main: "main.js" },
  "node_modules/pg-like/main.js": `
    let native;
    try { native = require("./build/pg.node"); } catch {}
    exports.Pool = class Pool { static kind = native ? "native" : "JavaScript"; constructor(options) { this.options = options; } };`,
  "node_modules/native-only/package.json": { name: "native-only", main: "main.js" },
  "node_modules/native-only/main.js": `module.exports = require("./build/Release/only.node");`,
  "jobs/native.ts": `
    import "native-only";
    import "not-there";
    export default () => 1;`,
  "jobs/lib/shout.ts": "export const shout = (text: string): string => text.toUpperCase();",
  "packages/shared/package.json": { name: "@acme/shared", main: "src/index.ts" },
  "packages/shared/src/index.ts": `
    import { stringify } from "yaml";
    import { rate } from "./rate";
    export function gross(net: number): string { return stringify({ gross: (net * (100 + rate)) / 100 }); }`,
  "packages/shared/src/rate.ts": "export const rate: number = 19;",
  "node_modules/@acme/.keep": "",
  "node_modules/@aws-sdk/.keep": "",
  ...parserIn("node_modules/csv-parts", "csv-parts"),
  ...parserIn(`${store}/stored@1.0.0/node_modules/stored`, "stored"),
  [`${store}/s3@3.0.0/node_modules/@aws-sdk/client-s3/package.json`]: { name: "@aws-sdk/client-s3", main: "main.js" },
  [`${store}/s3@3.0.0/node_modules/@aws-sdk/client-s3/main.js`]: "exports.S3Client = class {};",
  [`${store}/sharp@1.0.0/node_modules/sharp/package.json`]: {
    name: "sharp",
    exports: { ".": { import: "./dist/index.mjs", require: "./dist/index.cjs" } },
  },
  [`${store}/sharp@1.0.0/node_modules/sharp/dist/index.cjs`]: "module.exports = () => 1;",
  "jobs/in-image.ts": `
    import { S3Client } from "@aws-sdk/client-s3";
    import sharp from "sharp";
    export default async () => [new S3Client({}), sharp];`,
};

/** Calls all handlers in one process that has their texts and PATH, and nothing else: no packages. */
function runAll(texts: Record<string, string>): Record<string, unknown> {
  const folder = writtenFolder(Object.fromEntries(Object.entries(texts).map(([name, text]) => [`${name}.js`, text])));
  const script = `
    Promise.all(${JSON.stringify(Object.keys(texts))}.map(async (name) => {
      const { default: handle } = await require("./" + name + ".js");
      return [name, await handle({ payload: "a,b\\n1,2" }, { directory: process.cwd() })];
    })).then((results) => process.stdout.write(JSON.stringify(Object.fromEntries(results))));`;
  const output = execFileSync(process.execPath, ["-e", script], {
    cwd: folder,
    env: { PATH: process.env.PATH },
    encoding: "utf8",
  });
  return JSON.parse(output) as Record<string, unknown>;
}

describe("an ordinary handler runs as a file and inline", () => {
  const before_ = process.cwd();
  const results: Record<string, unknown> = {};
  let refusal = "";
  let textInImage = "";

  before(async () => {
    const sources = Object.entries(ordinary).map(([name, { source }]) => [`jobs/${name}.ts`, source]);
    const folder = writtenFolder({ ...files, ...(Object.fromEntries(sources) as Record<string, string>) });
    const link = (target: string, name: string) => symlinkSync(target, join(folder, "node_modules", name));
    link(join(folder, "packages/shared"), "@acme/shared");
    link(join(folder, store, "stored@1.0.0/node_modules/stored"), "stored");
    link(join(folder, store, "s3@3.0.0/node_modules/@aws-sdk/client-s3"), "@aws-sdk/client-s3");
    link(join(folder, store, "sharp@1.0.0/node_modules/sharp"), "sharp");
    for (const name of ["zod", "yaml", "chai"]) link(join(packageRoot(), "node_modules", name), name);
    process.chdir(folder);
    const load = createRequire(join(folder, "index.js"));
    const handlers = Object.entries(ordinary).map(([name, { refusal: isRefused, isFileOnly }]) => {
      const file = { type: name, handler: `./jobs/${name}`, isStockImage: true };
      if (isFileOnly) return { file };
      const { default: handle } = load(`./jobs/${name}`) as { default: OwnHandler["handle"] };
      return { file, inline: { type: `${name}-inline`, handle, isStockImage: true }, isRefused };
    });
    const { default: handle } = load("./jobs/in-image") as { default: OwnHandler["handle"] };
    const [inImage] = (await shipHandlers([{ type: "in-image", handle, isStockImage: true }])).values();
    textInImage = inImage!.text;
    const shippable = handlers.flatMap(({ file, inline, isRefused }) =>
      isRefused || !inline ? [file] : [file, inline],
    );
    const shipped = [...(await shipHandlers(shippable))].map(([type, { text }]) => [type, text]);
    Object.assign(results, runAll(Object.fromEntries(shipped) as Record<string, string>));
    const refused: OwnHandler[] = handlers.flatMap(({ inline, isRefused }) => (isRefused ? [inline] : []));
    refused.push({ type: "native", handler: "./jobs/native", isStockImage: true });
    refusal = await shipHandlers(refused).then(String, ({ message }: Error) => message);
  });
  after(() => {
    process.chdir(before_);
    removeWrittenFolders();
  });

  for (const [name, { what, result, refusal: reason, isFileOnly }] of Object.entries(ordinary)) {
    const inline = isFileOnly ? ", as a file" : reason ? "; inline it is refused, with the remedy" : "";
    it(`with ${what}${inline}`, () => {
      expect(results[name]).to.deep.equal(result);
      if (isFileOnly) return;
      if (!reason) return expect(results[`${name}-inline`]).to.deep.equal(result);
      const told = refusal.split("\n").filter((line) => line.includes(`"${name}-inline"`));
      expect(told).to.have.length(1);
      expect(told[0]).to.match(reason);
    });
  }

  it("unless a package has a native part, which is reported even if that is missing, with all other problems", () => {
    const told = refusal.split("\n").filter((line) => line.includes(`"native"`));
    expect(told.map((line) => line.replace('  the handler of processor "native": ', ""))).to.deep.equal([
      "jobs/native.ts:3: the package not-there is not installed: npm install not-there",
      "native-only has a native part (*.node), which can't be shipped: give the processor an `image` of its own that has " +
        "the package, or use one without a native part",
    ]);
  });

  it("with packages of the image that pnpm installs, which the worker finds by their names", () => {
    const requests = [...textInImage.matchAll(/require\("(.*?)"\)/g)].map(([, request]) => request);
    expect(requests.sort()).to.deep.equal(["@aws-sdk/client-s3", "sharp"]);
  });
});
