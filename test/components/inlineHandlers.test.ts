import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runInThisContext } from "node:vm";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import {
  BatchJobProcessor,
  type BatchJobProcessorArgs,
  type Job,
  type JobContext,
  type ProcessorArgs,
} from "../../components";
import { validateArgs } from "../../components/args/checks/validateArgs";
import { BundleFolder } from "../../components/handlers/bundle/bundleFolder";
import { type HandlerProblems } from "../../components/handlers/bundle/bundleProblems";
import { findRequests, usesThis } from "../../components/handlers/bundle/handlerFindings";
import { type InlineHandler, serialiseHandler } from "../../components/handlers/inline/serialiseHandler";
import { loadJobs } from "../../components/handlers/jobs/loadJobs";
import { readEnvironment } from "../../contract/environmentFile";
import { encodeResult } from "../../worker-image/src/handlers/encodeResult";
import { loadInlineModule } from "../../worker-image/src/handlers/javascript/inlineModule";
import { type MockStyle, record } from "../support/record";

const shared = { image: "registry.example/worker:1", network: { vpcId: "vpc-1", subnetIds: ["subnet-1"] } };
const wordCount: ProcessorArgs = { name: "word-count", handler: "word-count" };
const factor = 3;
const triple = (value: number) => value * factor;
const inline: ProcessorArgs = { name: "triple", handle: (job) => Promise.resolve(triple(job.payload as number)) };
const build = (processors: ProcessorArgs[], style?: MockStyle, args: Partial<BatchJobProcessorArgs> = {}) =>
  record(() => new BatchJobProcessor("media", { ...shared, ...args, processors }), style);

/** Loads the text, and calls the handler. */
async function call(text: string, payload: unknown): Promise<unknown> {
  const module: { exports: { default?: (job: unknown, context: unknown) => unknown } } = { exports: {} };
  const load = runInThisContext(`(function (exports, require, module) {${text}\n})`) as (...args: unknown[]) => void;
  load(module.exports, require, module);
  return module.exports.default!({ payload }, {});
}

const evaluate = (text: string) => runInThisContext(`(${text})`) as () => unknown;

const serialise = (handle: InlineHandler["handle"]) =>
  serialiseHandler({ type: "x", handle, folder: new BundleFolder({ name: "x", folder: process.cwd() }) });

async function problemsOf(handle: () => unknown): Promise<string[]> {
  return serialise(handle).then(
    ({ problems }) => problems,
    (error: HandlerProblems) => error.problems,
  );
}

/** Problems of the texts that can't be loaded, by name. */
async function loadProblems(texts: Record<string, string>, limitSeconds?: number): Promise<Record<string, string>> {
  const loaded = [...(await loadJobs(texts, limitSeconds))];
  return Object.fromEntries(loaded.flatMap(([name, each]) => ("problem" in each ? [[name, each.problem]] : [])));
}

describe("inline handlers", () => {
  const { stackTraceLimit } = Error;
  before(() => (Error.stackTraceLimit = 1));
  after(() => (Error.stackTraceLimit = stackTraceLimit));

  describe("as resources", () => {
    it("lie in a private, encrypted bucket, under the hash of their text", async () => {
      const { named, ofType } = await build([wordCount, inline]);
      const buckets = ["media-tables-large-values-bucket", "media-handlers-bucket"];
      expect(ofType("s3/bucket:Bucket").map(({ name }) => name)).to.deep.equal(buckets);
      const { bucket, ...blocks } = named("media-handlers-private").inputs;
      expect(bucket).to.be.a("string");
      expect(Object.values(blocks)).to.deep.equal([true, true, true, true]);
      expect(named("media-handlers-policy").inputs.policy).to.include("aws:SecureTransport");
      expect(JSON.stringify(named("media-handlers-encryption").inputs)).to.include("AES256");
      const { inputs } = named("media-triple-fleet-handler");
      const content = inputs.content as string;
      const code = content.slice(0, content.lastIndexOf("//# sourceMappingURL="));
      expect(inputs.key).to.equal(`triple/${createHash("sha256").update(code).digest("hex")}.js`);
      expect(await call(content, 5)).to.equal(15);
    });

    it("are passed to their own workers only, which may read just that object", async () => {
      const { named } = await build([wordCount, inline], "helpful");
      const { key } = named("media-triple-fleet-handler").inputs;
      const environmentOf = (type: string) =>
        readEnvironment(
          Buffer.from(named(`media-${type}-fleet-template`).inputs.userData as string, "base64").toString(),
        );
      expect(environmentOf("triple").WORKER_INLINE_HANDLER).to.match(new RegExp(`^s3://.+/${String(key)}$`));
      expect(environmentOf("triple")).not.to.have.property("WORKER_HANDLER");
      expect(environmentOf("word-count")).not.to.have.property("WORKER_INLINE_HANDLER");
      const policyOf = (type: string) => named(`media-${type}-fleet-policy`).inputs.policy as string;
      const { Statement: statements } = JSON.parse(policyOf("triple")) as { Statement: { Sid: string }[] };
      expect(statements.find(({ Sid }) => Sid === "ReadHandler")).to.deep.equal({
        Effect: "Allow",
        Sid: "ReadHandler",
        Action: ["s3:GetObject"],
        Resource: `arn:aws:s3:us-east-1:123456789012:media-handlers-bucket/${String(key)}`,
      });
      expect(policyOf("word-count")).not.to.include("media-handlers");
    });

    it("need no bucket if there are none", async () => {
      const { resources } = await build([wordCount, { name: "tool", command: ["tool", "--json"] }]);
      expect(resources.filter(({ name }) => name.startsWith("media-handlers"))).to.deep.equal([]);
    });

    it("come up under mocks that only echo their inputs", async () => {
      const naive = await build([wordCount, inline], "naive");
      const helpful = await build([wordCount, inline]);
      expect(naive.resources.map(({ urn }) => urn).sort()).to.deep.equal(
        helpful.resources.map(({ urn }) => urn).sort(),
      );
    });

    it("leave other types alone when one is added", async () => {
      const print = async (processors: ProcessorArgs[]) =>
        new Map((await build(processors)).resources.map(({ urn, inputs }) => [urn, JSON.stringify(inputs)]));
      const before = await print([inline]);
      const after = await print([inline, { ...inline, name: "other" }]);
      const changed = [...after].filter(([urn, inputs]) => before.get(urn) !== inputs).map(([urn]) => urn);
      expect(changed.filter((urn) => !urn.split("::").pop()!.startsWith("media-other-"))).to.deep.equal([]);
    });

    it("depend on the outputs that they capture", async () => {
      const { named, resources } = await record(() => {
        const source = new BatchJobProcessor("first", { ...shared, processors: [wordCount] });
        const { url } = source;
        return new BatchJobProcessor("media", {
          ...shared,
          processors: [{ name: "calls", handle: async () => url.get() }],
        });
      });
      const { options, inputs } = named("media-calls-fleet-handler");
      const stage = resources.find(({ name }) => name === "first-api-stage")!;
      expect(options.dependencies).to.include(stage.urn);
      expect(await call(inputs.content as string, null)).to.match(/^https:/);
    });

    it("stop the deployment, all that is wrong at once, by processor", async () => {
      const days = new Map([["mon", 1]]);
      const when = new Date();
      const failure = await build([
        { name: "a", handle: async () => days.get("mon") },
        inline,
        { name: "b", handle: async () => when.getTime() },
      ]).then(
        () => "",
        (error: Error) => error.message,
      );
      expect(failure).to.include("Handlers that a worker could not run:");
      expect(failure).to.include('the handler of processor "a": `days` (test/components/inlineHandlers');
      expect(failure).to.match(
        /processor "b": `when` \(test\/components\/inlineHandlers\.test\.ts:\d+\), a Date, can't be/,
      );
      expect(failure).to.include("a Map, can't be shipped as text. Move the handler to a file of its own: handler: ");
    });

    it("stop the deployment where they import what is not installed, unless an own image may have it", async () => {
      const handle = evaluate("() => import('pdf-lib/deep')") as ProcessorArgs["handle"];
      const lost: ProcessorArgs = { name: "lost", handle };
      const failureOf = (args: Partial<BatchJobProcessorArgs>, own: Partial<ProcessorArgs> = {}) =>
        build([{ ...lost, ...own }], undefined, args).then(
          () => "",
          (error: Error) => error.message,
        );
      const failure = await failureOf({ image: undefined });
      expect(failure).to.include('the handler of processor "lost": the package pdf-lib is not installed: npm install');
      expect(await failureOf({ image: undefined }, { image: "own:1" })).to.equal("");
      expect(await failureOf({})).to.equal("");
    });

    it("name the packages and files that they import, by whatever path", () => {
      const text = `require("node:fs"); require("fs/promises"); import("sharp"); require("@a/b/c.js"); require("d/e");
        require(name); require("./own"); function f() { return Promise.resolve().then(() => require("g")); } "require('h')"`;
      expect(findRequests(text)).to.deep.equal({ packages: ["@a/b", "d", "g", "sharp"], files: ["./own"] });
    });
  });

  describe("guard", () => {
    it("accepts what survives serialisation", async () => {
      enum Colour {
        Red = "red",
      }
      const pattern = /^b/g;
      const options = { deep: { list: [1, 2, { three: 3n }] } };
      const later = Promise.resolve({ value: 5 });
      const plus = ((one: number, other: number) => one + other).bind(undefined, 2);
      class Plain {
        readonly value: number;
        constructor(value: number) {
          this.value = value;
        }
        twice() {
          return this.value * 2;
        }
      }
      const { text } = await serialise(async (job: { payload: string }) => [
        Colour.Red,
        job.payload.replace(pattern, "c"),
        String((options.deep.list[2] as { three: bigint }).three),
        new Plain(4).twice(),
        new Map([[1, 2]]).get(1),
        plus(1),
        (await later).value,
        process.env.HOME === undefined,
      ]);
      expect(await call(text, "boat")).to.deep.equal(["red", "coat", "3", 8, 2, 3, 5, process.env.HOME === undefined]);
      expect(await loadProblems({ text })).to.deep.equal({});
    });

    const map = new Map<string, unknown>();
    const set = new Set([1]);
    const weak = new WeakMap<object, unknown>();
    const date = new Date();
    const buffer = Buffer.from("x");
    const bytes = new Uint8Array(1);
    const mark = Symbol("mark");
    const nested = { options: { since: new Date() } };
    const failure = new Error("x");
    class NotFound extends Error {}
    class Deeper extends NotFound {}
    class Private {
      #value = 1;
      get() {
        return this.#value;
      }
    }
    class Fields {
      value = 1;
    }
    class Statics {
      static count = 0;
      static next() {
        return ++Statics.count;
      }
    }
    const instance = new Private();
    const query = new URLSearchParams("a=1");
    const boxed = Object(1n) as bigint;
    const environment = process.env;
    const ones = (function* () {
      yield 1;
    })();
    const bound = String.prototype.concat.bind(new String("a"));
    const config = new pulumi.Config("x");
    const throwing = () => {
      throw new Deeper("x");
    };

    const parentless = Object.create(null) as { set: Set<number> };
    parentless.set = set;
    const lossy: [what: string, handle: () => unknown, who: string, what: string][] = [
      ["a Map", () => map.get("a"), "map", "a Map"],
      ["a Set", () => set.has(1), "set", "a Set"],
      ["a WeakMap", () => weak.get({}), "weak", "a WeakMap"],
      ["a Date", () => date.getTime(), "date", "a Date"],
      ["a Date within an object", () => nested.options.since.getTime(), "nested.options.since", "a Date"],
      ["a Set within an object without a prototype", () => parentless.set.size, "parentless.set", "a Set"],
      ["a Buffer", () => buffer.toString(), "buffer", "a Buffer"],
      ["a typed array", () => bytes.length, "bytes", "a typed array"],
      ["a symbol", () => mark, "mark", "a symbol"],
      ["an error", () => failure.message, "failure", "an Error"],
      ["a class that extends Error", () => new NotFound("x"), "NotFound", "a class that extends Error"],
      ["such a class, in a helper", () => throwing(), "Deeper", "a class that extends Error"],
      ["a class with #private names", () => new Private().get(), "Private", "a class with #private names"],
      ["an instance of such a class", () => instance.get(), "instance", "an object of a class with #private names"],
      ["a class with fields", () => new Fields().value, "Fields", "a class with a field"],
      ["a class with static fields", () => Statics.next(), "Statics", "a class with a field"],
      ["an object of Node.js with an inner state", () => query.get("a"), "query", "an object of Node.js"],
      ["a boxed value", () => boxed + 1n, "boxed", "an object of Node.js"],
      ["the deployment's environment", () => environment.PATH, "environment", "an object of Node.js"],
      ["a generator", () => ones.next(), "ones", "a generator"],
      ["a function that is bound to an object", () => bound("b"), "bound", "a function that is bound to an object"],
      ["Pulumi's configuration", () => config.get("a"), "config", "a Pulumi Config"],
      ["a secret", () => secret.get(), "secret", "a secret Output"],
    ];
    const secret = pulumi.secret("s");
    const declared = readFileSync(__filename, "utf8").split("\n");
    for (const [what, handle, who, kind] of lossy) {
      it(`refuses ${what}`, async () => {
        await pulumi.runtime.setMocks({ newResource: () => ({ id: "", state: {} }), call: () => ({}) });
        const [problem, ...others] = await problemsOf(handle);
        expect(others).to.deep.equal([]);
        const [, name, line] = /^`(.+)` \(test\/components\/inlineHandlers\.test\.ts:(\d+)\), /.exec(problem!)!;
        expect(problem).to.include(`), ${kind}, can't be shipped as text. `);
        expect(name).to.equal(who);
        expect(declared[Number(line) - 1]).to.match(new RegExp(`(const|class) ${who.split(".")[0]!}\\b`));
      });
    }

    it("refuses `this` at once, by property path", () => {
      const own = { config: 1, name: "own", handle: evaluate("async function (job) { return this.x }") };
      const processors = [wordCount, own] as unknown as ProcessorArgs[];
      expect(() => validateArgs("media", { processors })).to.throw(
        /processors\[1\]\.handle: Expected a handler that doesn't use `this`/,
      );
    });

    it("distinguishes a handler's own `this` from others'", () => {
      const using = [
        "({ async handle(job) { return this.x } }).handle",
        "({ handle() { return [1].map((x) => this.x) } }).handle",
        "({ 'quoted name'() { return super.toString() } })['quoted name']",
        "async () => this.x",
        "function (a = this.b) {}",
        "({ async *handle() { yield this } }).handle",
      ];
      const innocent = [
        "({ async handle(job) { return 'this' /* this */ } }).handle",
        "({ handle() { return new (class { a() { return this.b } })() } }).handle",
        "async (job) => ({ get() { return this.x } })",
        "function () { return function () { return this } }",
        "async job => job.this",
      ];
      for (const text of using) expect(usesThis(evaluate(text)), text).to.equal(true);
      for (const text of innocent) expect(usesThis(evaluate(text)), text).to.equal(false);
    });
  });

  describe("an Output that a handler captures", () => {
    const bucket = { id: pulumi.output("b"), size: pulumi.output(7), tags: pulumi.output({ a: ["x"] }) };
    const list = [pulumi.output("first")];
    const odd = { "a-b": { c: pulumi.output("c") } };
    const alone = pulumi.output("alone");
    const nothing = pulumi.output(undefined);
    const id = bucket.id as unknown as string;
    const size = bucket.size as unknown as number;
    const inText = () => `s3://${bucket.id as unknown as string}/x`;
    const nameOf = (value: unknown) => String(value);

    before(() => pulumi.runtime.setMocks({ newResource: () => ({ id: "", state: {} }), call: () => ({}) }));

    /** Serialises the handler, loads it as a worker does, and runs it; the result is what the worker would send. */
    async function outcomeOf(handle: () => unknown): Promise<string> {
      const { text } = await serialise(handle);
      expect(await loadProblems({ text })).to.deep.equal({});
      const handler = (await loadInlineModule(text, join(__dirname, "inline.js"))) as {
        default: () => unknown;
      };
      try {
        const encoded = encodeResult(await handler.default());
        return encoded.ok ? encoded.json! : encoded.message;
      } catch (error) {
        return (error as Error).message;
      }
    }

    it("gives its value by get()", async () => {
      const result = await outcomeOf(() => [
        `s3://${bucket.id.get()}/x`,
        bucket.size.get() + 1,
        bucket.tags.get().a[0],
        list.map((each) => each.get()),
        odd["a-b"].c.get(),
        [alone].map((each) => each.get())[0],
        nothing.get() === undefined,
      ]);
      expect(JSON.parse(result)).to.deep.equal(["s3://b/x", 8, "x", ["first"], "c", "alone", true]);
    });

    const uses: [string, () => unknown, string, string][] = [
      ["in a template", () => `s3://${id}/x`, "id", "text"],
      ["in a template of a helper", () => inText(), "bucket.id", "text"],
      ["by +", () => id + "", "id", "text"],
      ["by String()", () => nameOf(id), "id", "text"],
      ["by concat", () => "a".concat(id), "id", "text"],
      ["by join", () => (list as unknown as string[]).join(), "list[0]", "text"],
      ["by arithmetic", () => size * 2, "size", "number"],
      ["by comparison", () => size > 2, "size", "number"],
      ["by Number()", () => Number(bucket.size), "bucket.size", "number"],
      ["as a key", () => ({ [id]: 1 }), "id", "text"],
      ["by JSON.stringify", () => JSON.stringify(bucket.tags), "bucket.tags", "JSON"],
      ["by JSON.stringify around it", () => JSON.stringify({ deep: [bucket.id] }), "bucket.id", "JSON"],
      ["as the result", () => bucket.id, "bucket.id", "returned"],
      ["within the result", () => ({ at: [alone] }), "alone", "JSON"],
      ["by await", async () => (await (bucket.id as unknown as Promise<string>)).length, "bucket.id", "awaited"],
      ["by a property of its value", () => bucket.tags.a, "bucket.tags", "a was read"],
      ["by its length", () => id.length, "id", "length was read"],
      ["by `in`", () => "a" in bucket.tags, "bucket.tags", "a was read"],
      ["by spread", () => ({ ...bucket.tags }), "bucket.tags", "copied"],
      ["by iteration", () => [...id], "id", "text"],
      ["by for…in", forIn, "bucket.tags", "copied"],
      ["by structuredClone", () => structuredClone(bucket.tags), "bucket.tags", "copied"],
      ["by apply", () => bucket.id.apply((value) => value), "bucket.id", "apply was read"],
      ["by assignment", () => Object.assign(bucket.tags, { a: 1 }), "bucket.tags", "changed"],
      ["under an odd name", () => `${odd["a-b"].c as unknown as string}`, 'odd["a-b"].c', "text"],
      ["in a message to the console", () => console.log(bucket.id), "bucket.id", "text"],
      ["without a value", () => `${nothing as unknown as string}`, "nothing", "text"],
    ];
    function forIn() {
      const keys: string[] = [];
      for (const key in bucket.tags) keys.push(key);
      return keys;
    }
    for (const [how, handle, name, use] of uses) {
      it(`throws, by name, where it is used ${how}`, async () => {
        const outcome = await outcomeOf(handle);
        expect(outcome).to.include(`Expected ${name}.get() in the handler, got the Output`);
        expect(outcome).to.include(use);
      });
    }

    it("throws at every property but get", async () => {
      const keys = [String, Number, Array, Object, Promise, Buffer].flatMap(({ prototype }) =>
        Object.getOwnPropertyNames(prototype),
      );
      const names = [...new Set(keys)].filter((name) => name !== "get");
      const given = await outcomeOf(() =>
        names.filter((name) => {
          try {
            return (bucket.id as unknown as Record<string, unknown>)[name] !== bucket;
          } catch {
            return false;
          }
        }),
      );
      expect(JSON.parse(given)).to.deep.equal([]);
    });

    it("is named nowhere by another's name", async () => {
      const other = { alone: "x", deep: { alone: pulumi.output("y") } };
      const outcome = await outcomeOf(() => [other.alone, `${other.deep.alone as unknown as string}`, alone.get()]);
      expect(outcome).to.include("other.deep.alone.get()");
      const shadow = await outcomeOf(() => [other.deep.alone.get(), `${alone as unknown as string}`]);
      expect(shadow).to.match(
        /Expected (alone)?\.get\(\) in the handler, got the (Output alone|captured Output) itself/,
      );
    });
  });

  describe("are loaded before they are shipped", () => {
    it("one that never finishes loading is ended, and the limit named", async () => {
      const problems = await loadProblems({ endless: "for (;;);", good: "exports.default = () => 1;" }, 0.5);
      expect(problems).to.deep.equal({ endless: "it took longer than 0.5 s" });
    });

    it("which text doesn't load is said, and packages are let be", async () => {
      const problems = await loadProblems({
        good: `exports.default = () => 1; const sharp = require("sharp"); const { a } = require("x").b(1);`,
        builtin: `const { createHash } = require("node:crypto"); createHash("sha256"); exports.default = () => 1;`,
        syntax: "exports.default = (",
        throws: "undefined.x; exports.default = () => 1;",
      });
      expect(problems).to.have.all.keys("syntax", "throws");
      expect(problems.syntax).to.match(/^SyntaxError: [^\n]+$/);
      expect(problems.throws).to.include("TypeError");
    });
  });

  it("have types of their own", () => {
    const typed: ProcessorArgs = {
      name: "typed",
      async handle(job: Job<{ url: string }>, context: JobContext) {
        context.progress(1);
        return job.payload.url;
      },
    };
    expect(typed.handle).to.be.a("function");
  });
});
