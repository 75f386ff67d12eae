import { expect } from "chai";
import fc from "fast-check";
import { schemaProblem } from "../../../../components/args/checks/schemaProblem";
import { createCheckPayload } from "../../../../functions/frontend/payloadValidator";
import { createRunWithin } from "../../../../functions/frontend/services/runWithin";
import { wordCount } from "../../../functions/support/fakeFrontend";

const checkPayload = createCheckPayload(createRunWithin());

/** The paths at fault, as the front end tells them. */
function problemsOf(payloadSchema: Record<string, unknown>, payload: unknown) {
  expect(schemaProblem(payloadSchema)).to.equal(undefined);
  return checkPayload({ ...wordCount, payloadSchema }, payload);
}

const order = {
  type: "object",
  properties: {
    text: { type: "string", minLength: 2, maxLength: 3 },
    kind: { enum: ["a", { x: [1, 2] }] },
    tags: { type: "array", uniqueItems: true, items: { $ref: "#/$defs/tag" } },
    "a/b~c": { type: "integer", multipleOf: 5 },
    mail: { type: "string", format: "email" },
    next: { $ref: "#" },
  },
  $defs: { tag: { type: "string", pattern: "^\\p{L}+$" } },
  required: ["text"],
  unevaluatedProperties: false,
};

describe("schemaProblem", () => {
  const cases: [string, unknown, string[]][] = [
    ["what fits", { text: "ab", kind: { x: [1, 2] }, tags: ["ä", "b"], "a/b~c": 10 }, []],
    ["characters beyond U+FFFF as one each", { text: "😀😀😀" }, []],
    ["a format, which only annotates", { text: "ab", mail: "none" }, []],
    ["another type", "text", ["/payload"]],
    ["what is missing", {}, ["/payload"]],
    ["what is surplus", { text: "ab", more: 1, "x/y": 2 }, ["/payload/more", "/payload/x~1y"]],
    ["a text too short", { text: "😀" }, ["/payload/text"]],
    ["what is none of them", { text: "ab", kind: { x: [2, 1] } }, ["/payload/kind"]],
    ["repetitions", { text: "ab", tags: ["a", "a"] }, ["/payload/tags"]],
    ["odd keys", { text: "ab", "a/b~c": 7 }, ["/payload/a~1b~0c"]],
    ["what is deep", { text: "ab", next: { text: "ab", next: { text: 1 } } }, ["/payload/next/next/text"]],
    ["an inherited property, which is none", { toString: 1 }, ["/payload", "/payload/toString"]],
  ];
  for (const [what, payload, paths] of cases) {
    it(`judges ${what}`, () => {
      const problems = problemsOf(order, payload);
      expect(problems.map(({ path }) => path)).to.have.members(paths);
      for (const { message } of problems)
        expect(message).to.match(/^(The value must .*, got .|Expected no such property)/);
    });
  }

  it("says what was expected and what came", () => {
    expect(problemsOf({ properties: { n: { type: "integer" } } }, { n: "7" })).to.deep.equal([
      { path: "/payload/n", message: 'The value must be integer, got "7"' },
    ]);
  });

  it("shows 20 problems at the most", () => {
    const payload = Array.from({ length: 1_000 }, () => "x");
    expect(problemsOf({ type: "array", items: { type: "number" } }, payload)).to.have.length(20);
  });

  it("knows draft-07 by its $schema, where items may be a tuple", () => {
    const tuple = { items: [{ type: "string" }, { type: "number" }], additionalItems: false };
    const draft07 = { $schema: "http://json-schema.org/draft-07/schema#", ...tuple };
    expect(problemsOf(draft07, ["a", "b"]).map(({ path }) => path)).to.deep.equal(["/payload/1"]);
    expect(schemaProblem(tuple)).to.include("items");
  });

  const refusals: [string, Record<string, unknown>, string][] = [
    ["an unknown type", { type: "objekt" }, "type must be equal to one of the allowed values"],
    ["a misspelt keyword", { requierd: ["a"] }, 'unknown keyword: "requierd"'],
    ["a schema elsewhere", { $ref: "https://example.com/schema" }, "can't resolve reference"],
    ["a pattern that is none", { pattern: "(" }, "Invalid regular expression"],
    ["another draft", { $schema: "http://json-schema.org/draft-04/schema#" }, "no schema with key or ref"],
    ["what refers to itself for one value", { $ref: "#" }, "one refers to itself"],
    ["the schema of schemas", { $ref: "https://json-schema.org/draft/2020-12/schema" }, "part of the schema"],
    ["one too large", { enum: Array.from({ length: 20_000 }, (_, index) => `value ${index}`) }, "100000 characters"],
  ];
  for (const [what, schema, reason] of refusals) {
    it(`refuses ${what}`, () => {
      expect(schemaProblem(schema)).to.include(reason);
    });
  }

  it("never throws on any payload", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (payload) => {
        for (const { path, message } of problemsOf(order, payload)) {
          expect(path).to.match(/^\/payload/);
          expect(message.length).to.be.within(1, 1_000);
        }
      }),
    );
  });
});
