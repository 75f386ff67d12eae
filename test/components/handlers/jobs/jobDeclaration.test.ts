import { expect } from "chai";
import { z } from "zod";
import { declarationOf, placeOf } from "../../../../components/handlers/jobs/jobDeclaration";
import { defineJob } from "../../../../contract/handlers/defineJob";

const handle = async () => 1;
const define = defineJob as (definition: unknown) => ReturnType<typeof defineJob>;

describe("declarationOf", () => {
  it("is undefined for what defineJob didn't make", () => {
    for (const job of [undefined, null, handle, { handle }, "job", 1]) expect(declarationOf(job)).to.equal(undefined);
  });

  it("has the schema of what is submitted, and of what is kept, and the place", () => {
    const schema = z.object({ at: z.string().default("now"), n: z.number() });
    const job = defineJob({
      name: "a",
      maxAttempts: 2,
      payload: schema,
      result: schema,
      handle: async () => ({ n: 1 }),
    });
    const { place, ...declaration } = declarationOf(job)!;
    expect(place).to.match(/test\/components\/handlers\/jobs\/jobDeclaration\.test\.ts:\d+$/);
    const $schema = "https://json-schema.org/draft/2020-12/schema";
    const properties = { at: { type: "string", default: "now" }, n: { type: "number" } };
    expect(declaration).to.deep.equal({
      name: "a",
      options: { maxAttempts: 2 },
      payloadSchema: { $schema, type: "object", properties, required: ["n"] },
      resultSchema: { $schema, type: "object", properties, required: ["at", "n"], additionalProperties: false },
      problems: [],
    });
    expect(declarationOf(job.handle)).to.deep.equal({ place, ...declaration });
  });

  const bad: [what: string, definition: object, problems: RegExp[]][] = [
    ["a definition without handler", {}, [/^Expected `handle` as a function, got nothing$/]],
    [
      "inputs that are the processor's",
      { handle, image: "x", retries: 1 },
      [/^Expected name, .*in defineJob, got image, retries: the processor takes all other inputs$/],
    ],
    [
      "types that JSON doesn't have, by their paths",
      { payload: z.object({ a: z.date(), list: z.array(z.object({ b: z.bigint() })) }), handle },
      [/`payload` .* at properties\.a: Date cannot/, /`payload` .* at properties\.list\.items\.properties\.b: BigInt/],
    ],
    [
      "a whole that JSON doesn't have",
      { payload: z.map(z.string(), z.string()), handle },
      [/got one that is none: Map/],
    ],
    [
      "a result that is transformed, since a client gets what comes of it",
      { result: z.object({ a: z.string().transform(Number) }), handle },
      [/`result` .* at properties\.a: Transforms cannot/],
    ],
    [
      "a schema of a library that gives no JSON Schema",
      { payload: { "~standard": { vendor: "other", version: 1, validate: () => ({ value: 1 }) } }, handle },
      [/gives its own JSON Schema, got one of other: zod's have it from 4\.2 on/],
    ],
    ["schemas that are none", { payload: "object", result: null, handle }, [/got "object"$/, /`result` .*got null$/]],
  ];
  for (const [what, definition, problems] of bad) {
    it(`has the problems of ${what}`, () => {
      const found = declarationOf(define(definition))!.problems;
      expect(found).to.have.length(problems.length);
      problems.forEach((pattern, each) => expect(found[each]).to.match(pattern));
    });
  }
});

describe("placeOf", () => {
  const places: [stack: string, place: [string, string] | undefined][] = [
    ["Error: x\n    at /a b/jobs (1)/x.ts:3:4\n    at y", ["/a b/jobs (1)/x.ts", "3"]],
    ["Error\n    at Object.<anonymous> (/a b/x.ts:3:4)", ["/a b/x.ts", "3"]],
    ["Error\n    at async file:///a%20b/x.ts:3:4", ["/a b/x.ts", "3"]],
    ["Error\n    at f (job:node_modules/zod/a.js:1:2)\n    at job:jobs/x.ts:5:6\n", ["jobs/x.ts", "5"]],
    ["Error: without frames", undefined],
  ];
  for (const [stack, place] of places) {
    it(`reads ${stack.split("\n")[1] ?? "nothing"}`, () => expect(placeOf(stack)).to.deep.equal(place));
  }
});
