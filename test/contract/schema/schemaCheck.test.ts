import { Ajv, type Options } from "ajv";
import { Ajv2020 } from "ajv/dist/2020";
import { expect } from "chai";
import fc from "fast-check";
import { compileRule } from "../../../contract/schema/compileRule";
import { startRun } from "../../../contract/schema/run";
import { checkLimits, createSchemaCheck, refersToItself, type RunWithin } from "../../../contract/schema/schemaCheck";
import { createRunWithin } from "../../../functions/frontend/services/runWithin";

type Schema = Record<string, unknown>;

const atOnce: RunWithin = (_milliseconds, task) => {
  task();
  return true;
};

const problemsOf = (schema: Schema, payload: unknown) => createSchemaCheck(schema, atOnce)(payload);
const pathsOf = (schema: Schema, payload: unknown) => problemsOf(schema, payload).map(({ path }) => path);
const range = (length: number) => Array.from({ length }, (_, index) => index);

/** The steps that a payload takes, which say how its time grows on any machine. */
function stepsOf(schema: Schema, payload: unknown): number {
  const run = startRun(Infinity, undefined);
  let steps = 0;
  run.spend = (count) => void (steps += count);
  compileRule(schema).rule(payload, run, undefined);
  return steps;
}

const options: Options = {
  ...{ strict: false, validateFormats: false, ownProperties: true, allErrors: true, logger: false },
};

// Few names and values, so that they meet.
// Inherited names apart, which mislead ajv; there is a test of them.
const names = fc.constantFrom("a", "b", "c", "ab", "é😀");
const scalars = fc.constantFrom<unknown>(
  null,
  true,
  false,
  0,
  -0,
  1,
  2,
  6,
  -3,
  1.5,
  "",
  "a",
  "ab",
  "😀",
  "é😀x",
  "abc",
  "1",
);
const values = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    scalars,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.array(fc.tuple(names, tie("value")), { maxLength: 4 }).map((entries) => objectOf(entries)),
  ),
})).value;

/** An object as JSON.parse makes it, whose `__proto__` is a key like others. */
function objectOf(entries: [string, unknown][]): Schema {
  const object: Schema = {};
  for (const [key, value] of entries) {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return object;
}

/** Schemas of one draft; `$ref` leads to the two definitions that each schema gets. */
function schemasOf(isDraft07: boolean) {
  return fc.letrec<{ schema: Schema | boolean; rules: Schema }>((tie) => {
    const schema = tie("schema");
    const list = fc.array(schema, { minLength: 1, maxLength: 3 });
    const map = fc.array(fc.tuple(names, schema), { maxLength: 3 }).map((entries) => objectOf(entries));
    const nameList = fc.uniqueArray(names, { maxLength: 2 });
    const count = fc.nat(3);
    const patterns = fc.constantFrom("^a", "b$", "^\\p{L}+$", ".", "^$");
    const patternMap = fc.array(fc.tuple(patterns, schema), { maxLength: 2 }).map((entries) => objectOf(entries));
    const types = fc.constantFrom("null", "boolean", "integer", "number", "string", "array", "object");
    const keywords: Record<string, fc.Arbitrary<unknown>> = {
      ...{ type: fc.oneof(types, fc.uniqueArray(types, { minLength: 1, maxLength: 3 })), const: values },
      ...{ enum: fc.uniqueArray(values, { minLength: 1, maxLength: 4, comparator: (a, b) => sameJson(a, b) }) },
      ...{ minimum: count, maximum: count, exclusiveMinimum: count, exclusiveMaximum: count },
      ...{ multipleOf: fc.constantFrom(1, 2, 3), minLength: count, maxLength: count, pattern: patterns },
      ...{ minItems: count, maxItems: count, uniqueItems: fc.boolean(), minProperties: count, maxProperties: count },
      ...{ required: nameList, properties: map, patternProperties: patternMap, additionalProperties: schema },
      ...{ propertyNames: schema, allOf: list, anyOf: list, oneOf: list, not: schema, contains: schema },
      ...{ dependencies: fc.array(fc.tuple(names, fc.oneof(schema, nameList)), { maxLength: 2 }).map(objectOf) },
      $ref: fc.constantFrom("#/definitions/one", "#/definitions/two"),
      ...(isDraft07
        ? { items: fc.oneof(schema, list), additionalItems: schema }
        : {
            ...{ prefixItems: list, items: schema, unevaluatedProperties: schema, unevaluatedItems: schema },
            ...{ dependentSchemas: map, minContains: count, maxContains: count },
            dependentRequired: fc.array(fc.tuple(names, nameList), { maxLength: 2 }).map(objectOf),
          }),
    };
    const rules = fc
      .uniqueArray(fc.constantFrom(...Object.keys(keywords)), { minLength: 1, maxLength: 4 })
      .chain((chosen) => fc.record(Object.fromEntries(chosen.map((keyword) => [keyword, keywords[keyword]!]))))
      .map(({ minContains, maxContains, ...rest }) => ({
        ...rest,
        ...(rest.contains !== undefined && minContains !== undefined && { minContains }),
        ...(rest.contains !== undefined && maxContains !== undefined && { maxContains }),
      }));
    const conditional = fc
      .record({ if: schema, then: schema, else: schema })
      .chain((condition) => rules.map((others) => ({ ...others, ...condition })));
    return {
      rules: rules,
      schema: fc.oneof(
        { maxDepth: 3, depthSize: "small" },
        fc.boolean(),
        rules as fc.Arbitrary<Schema>,
        conditional as fc.Arbitrary<Schema>,
      ),
    };
  });
}

function sameJson(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/**
 * True if ajv may deviate from the draft: it takes all items as evaluated once `contains` is there, and those that an
 * `if`
 * that failed has evaluated.
 */
function misleadsAjv(schema: unknown): boolean {
  const text = JSON.stringify(schema);
  return text.includes('"unevaluated') && (text.includes('"contains"') || text.includes('"if"'));
}

describe("createSchemaCheck", () => {
  for (const [draft, isDraft07] of [["draft 2020-12", false] as const, ["draft-07", true] as const]) {
    it(`judges as ajv does by ${draft}`, () => {
      const { schema, rules } = schemasOf(isDraft07);
      const roots = fc.record({ root: rules, one: schema, two: schema }).map(({ root, one, two }) => ({
        ...root,
        definitions: { one, two },
      }));
      const compileWith = (root: Schema) => (isDraft07 ? new Ajv(options) : new Ajv2020(options)).compile(root);
      let judged = 0;
      fc.assert(
        fc.property(roots, fc.array(values, { minLength: 4, maxLength: 8 }), (root, payloads) => {
          fc.pre(!misleadsAjv(root));
          let expected: ReturnType<typeof compileWith>;
          try {
            expected = compileWith(root);
          } catch {
            // Such as two definitions that refer to each other and to nothing else.
            return;
          }
          const check = createSchemaCheck(root, atOnce);
          for (const payload of payloads) {
            let verdict: unknown;
            try {
              verdict = expected(payload);
            } catch {
              // A reference without end, or a slip of ajv's.
              continue;
            }
            const problems = check(payload);
            expect(problems.length === 0, `${JSON.stringify(payload)} by ${JSON.stringify(root)}`).to.equal(verdict);
            judged++;
          }
        }),
        { numRuns: 80 },
      );
      expect(judged).to.be.above(100);
    });
  }

  it("looks at own properties only", () => {
    const schema = { properties: { toString: false }, required: ["valueOf"], additionalProperties: { type: "number" } };
    const payload = JSON.parse('{"__proto__":1,"constructor":"x"}') as unknown;
    expect(pathsOf(schema, payload)).to.deep.equal(["/payload", "/payload/constructor"]);
    expect(pathsOf({ const: JSON.parse('{"__proto__":1}') as unknown }, {})).to.deep.equal(["/payload"]);
    expect(pathsOf({ uniqueItems: true }, [{ toString: null }, {}])).to.deep.equal([]);
  });

  it("takes decimals as they are written, whatever binary fractions say", () => {
    fc.assert(
      fc.property(fc.bigInt(-1_000_000n, 1_000_000n), fc.bigInt(1n, 5_000n), fc.nat(6), (n, d, places) => {
        const written = (digits: bigint) => Number(`${digits}e-${places}`);
        const fits = pathsOf({ multipleOf: written(d) }, written(n)).length === 0;
        expect(fits, `${written(n)} by ${written(d)}`).to.equal(n % d === 0n);
      }),
    );
    expect(pathsOf({ multipleOf: 0.01 }, 19.99)).to.deep.equal([]);
    expect(pathsOf({ multipleOf: 0.5 }, 1e308)).to.deep.equal([]);
    expect(pathsOf({ multipleOf: 0.123_456_789 }, 1e308)).to.deep.equal(["/payload"]);
    expect(pathsOf({ multipleOf: 1e-8 }, 12_391_239_123)).to.deep.equal([]);
  });

  it("counts characters, half of a pair as one", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("a", "é", "😀", "\ud800", "\udc00"), { maxLength: 8 }).map((parts) => parts.join("")),
        fc.nat(9),
        fc.nat(9),
        (text, least, most) => {
          const characters = Array.from(text).length;
          const schema = { minLength: least, maxLength: most };
          expect(pathsOf(schema, text).length === 0).to.equal(characters >= least && characters <= most);
        },
      ),
    );
    expect(pathsOf({ maxLength: 2 }, "\ud800\ud800")).to.deep.equal([]);
    expect(pathsOf({ maxLength: 1 }, "\ud800\ud800")).to.deep.equal(["/payload"]);
  });

  describe("references", () => {
    const cases: [string, Schema, unknown, string[]][] = [
      ["by name", { $ref: "#t", $defs: { x: { $anchor: "t", type: "string" } } }, 1, ["/payload"]],
      ["by draft-07's name", { $ref: "#t", definitions: { x: { $id: "#t", type: "string" } } }, 1, ["/payload"]],
      [
        "by address",
        { $id: "https://a.example/s", $ref: "part#/items", $defs: { x: { $id: "part", items: { type: "string" } } } },
        1,
        ["/payload"],
      ],
      ["with escapes", { $ref: "#/$defs/a~1b%25c", $defs: { "a/b%c": { type: "string" } } }, 1, ["/payload"]],
      [
        "that are dynamic",
        {
          ...{ $id: "https://a.example/strict", $dynamicAnchor: "node", $ref: "tree", unevaluatedProperties: false },
          $defs: {
            tree: {
              ...{ $id: "tree", $dynamicAnchor: "node" },
              properties: { children: { items: { $dynamicRef: "#node" } } },
            },
          },
        },
        { children: [{ childen: 1 }] },
        ["/payload/children/0/childen"],
      ],
    ];
    for (const [what, schema, payload, paths] of cases) {
      it(`are followed ${what}`, () => expect(pathsOf(schema, payload)).to.deep.equal(paths));
    }

    it("to nothing are an error", () => {
      expect(() => problemsOf({ $ref: "#/nothing" }, 1)).to.throw('got "#/nothing"');
      expect(() => problemsOf({ $ref: "https://a.example/" }, 1)).to.throw("https://a.example/");
    });
  });

  describe("messages", () => {
    const cases: [Schema, unknown, string][] = [
      [{ type: ["string", "null"] }, 1, "The value must be string or null, got number 1"],
      [{ enum: ["a", 1] }, "b", 'The value must be one of "a", 1, got "b"'],
      [{ enum: range(1_000) }, "b", 'The value must be one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 or 990 more, got "b"'],
      [{ const: { a: 1 } }, 1, 'The value must be {"a":1}, got number 1'],
      [{ required: ["a"] }, {}, "The value must have required property 'a', got an object"],
      [{ minLength: 2 }, "a", 'The value must have at least 2 characters, got "a"'],
      [{ pattern: "^x" }, "a", 'The value must match pattern "^x", got "a"'],
      [
        { uniqueItems: true },
        [1, 2, 1],
        "The value must have unique items, but 0 and 2 are the same, got an array of 3",
      ],
      [{ not: {} }, 1, "The value must not match the schema in not, got number 1"],
      [{ oneOf: [true, true] }, 1, "The value must match exactly one schema in oneOf, not several, got number 1"],
    ];
    for (const [schema, payload, message] of cases) {
      it(`say of ${JSON.stringify(schema).slice(0, 60)} what was expected and what came`, () => {
        expect(problemsOf(schema, payload)).to.deep.equal([{ path: "/payload", message }]);
      });
    }

    it("name the property whose name is wrong", () => {
      expect(problemsOf({ propertyNames: { maxLength: 1 } }, { a: 1, bc: 1 })).to.deep.equal([
        { path: "/payload/bc", message: `The property's name must have at most 1 characters, got "bc"` },
      ]);
    });

    it("are 20 at the most, of a bounded length, whatever keys, values and schemas are", () => {
      const long = "x".repeat(100_000);
      const payload = { [long]: range(100_000), [`${long}y`]: long };
      const schema = { additionalProperties: { items: { enum: [long] }, pattern: `^a|${long}!` }, required: [long] };
      const problems = problemsOf(schema, payload);
      expect(problems).to.have.length(20);
      expect(JSON.stringify(problems).length).to.be.below(50_000);
    });
  });

  describe("costs", () => {
    const objects = range(6_500).map((id) => ({ id: id % 1_000, name: "abc", on: true }));
    const properties = { id: { type: "integer" }, name: { type: "string", minLength: 1, maxLength: 10 }, on: true };
    const large: [string, Schema, unknown][] = [
      ["numbers", { items: { type: "integer" } }, range(119_000).map((n) => n % 10)],
      ["objects", { items: { properties, required: ["id", "name"], additionalProperties: false } }, objects],
      ["objects to the last property", { items: { properties, unevaluatedProperties: false } }, objects],
      ["a choice", { items: { anyOf: [{ type: "null" }, { type: "integer" }] } }, range(119_000).map((n) => n % 10)],
      ["unique numbers", { uniqueItems: true }, range(40_000)],
      ["unique objects", { uniqueItems: true }, range(20_000).map((a) => ({ a }))],
      ["a large enum", { items: { enum: range(5_000) } }, range(40_000).map((n) => n % 5_000)],
      ["one text", { type: "string", minLength: 1, maxLength: 239_000, pattern: "^a*$" }, "a".repeat(239_000)],
    ];
    for (const [what, schema, payload] of large) {
      it(`of ${what} at the size limit are within the budget, with room`, () => {
        expect(problemsOf(schema, payload)).to.deep.equal([]);
        expect(stepsOf(schema, payload)).to.be.below(checkLimits.steps / 4);
      });
    }

    for (const [what, schema, item] of [
      ["unique numbers", { uniqueItems: true }, (n: number) => n],
      ["unique objects", { uniqueItems: true }, (n: number) => ({ a: [n] })],
      ["unique arrays within arrays", { items: { uniqueItems: true }, uniqueItems: true }, (n: number) => [n, n + 1]],
      ["choices", { items: { anyOf: [{ type: "null" }, { const: 1 }, { type: "number" }] } }, (n: number) => n],
      ["what contains looks for", { contains: { const: -1 }, minContains: 0, maxContains: 3 }, (n: number) => n],
    ] as [string, Schema, (n: number) => unknown][]) {
      it(`of ${what} grow no faster than their number`, () => {
        const few = stepsOf(schema, range(1_000).map(item));
        expect(stepsOf(schema, range(10_000).map(item))).to.be.below(few * 11);
      });
    }

    const nested = (levels: number) => range(levels).reduce<unknown>((inner) => ({ l: inner }), 7);
    const again = { properties: { l: { $ref: "#" } } };
    const bombs: [string, Schema, unknown][] = [
      ["branches that multiply level by level", { allOf: [again, again] }, nested(60)],
      [
        "choices that multiply level by level",
        { anyOf: [{ ...again, required: ["x"] }, again], not: again },
        nested(60),
      ],
      [
        "an enum of objects against many objects",
        { items: { allOf: range(400).map(() => ({ enum: [{}] })) } },
        range(119_000).map(() => ({})),
      ],
      [
        "many keywords against many items",
        { items: { allOf: range(100).map(() => ({ minimum: 0 })) } },
        range(119_000),
      ],
      [
        "many lookups in many objects",
        { items: { required: range(5_000).map(String) } },
        range(60_000).map(() => ({})),
      ],
      ["many searches", { allOf: range(500).map((n) => ({ contains: { const: -n - 1 } })) }, range(40_000)],
      [
        "lengths of one text, over and over",
        { allOf: range(2_000).map(() => ({ maxLength: 119_000 })) },
        "ä".repeat(119_500),
      ],
      ["unique items, over and over", { allOf: range(500).map(() => ({ uniqueItems: true })) }, range(40_000)],
    ];
    for (const [what, schema, payload] of bombs) {
      it(`of ${what} end with a reason`, () => {
        const problems = problemsOf(schema, payload);
        expect(problems).not.to.deep.equal([]);
        // Whatever is wrong is found before the budget is gone, or the budget is what is told.
        expect(problems[0]!.message).to.match(/3000000 steps|must/);
        let steps = 0;
        const run = startRun(checkLimits.steps, undefined);
        try {
          compileRule(schema).rule(payload, run, undefined);
        } catch {
          steps = checkLimits.steps - run.steps;
        }
        expect(steps).to.be.below(checkLimits.steps + 250_000);
      });
    }

    it("of a schema that refers to itself for one value end with a reason", () => {
      expect(problemsOf({ $ref: "#" }, 1)).to.deep.equal([{ path: "/payload", message: refersToItself }]);
    });

    it("of any schema and payload end within the budget", () => {
      fc.assert(
        fc.property(schemasOf(false).rules, schemasOf(false).schema, values, (root, one, payload) => {
          const problems = createSchemaCheck({ ...root, definitions: { one, two: { $ref: "#" } } }, atOnce)(payload);
          for (const { path, message } of problems) {
            expect(path).to.match(/^\/payload/);
            expect(message).to.match(/^(The (value|property's name) must .*, got .|Expected )/s);
          }
        }),
        { numRuns: 300 },
      );
    });
  });

  describe("patterns", () => {
    const mail = "^([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+$";
    const slow = "a".repeat(60);
    const limits = { ...checkLimits, milliseconds: 50 };
    // A machine that is busy may take most of 50 ms until the check begins.
    const patient: RunWithin = (_milliseconds, task) => createRunWithin()(200, task);
    const check = (schema: Schema, payload: unknown) => createSchemaCheck(schema, patient, limits)(payload);

    for (const [what, schema, payload, path] of [
      ["pattern", { properties: { "a/b": { pattern: mail } } }, { "a/b": slow }, "/payload/a~1b"],
      ["patternProperties", { patternProperties: { [mail]: false } }, { [slow]: 1 }, `/payload/${slow}`],
      ["propertyNames", { propertyNames: { pattern: mail } }, { [slow]: 1 }, `/payload/${slow}`],
      ["contains", { contains: { pattern: mail } }, ["", slow], "/payload"],
      ["not", { not: { pattern: mail } }, slow, "/payload"],
      ["if", { if: { pattern: mail }, then: false }, slow, "/payload"],
    ] as [string, Schema, unknown, string][]) {
      it(`of ${what} that take too long end with their path and the pattern`, () => {
        expect(check(schema, payload)).to.deep.equal([
          { path, message: `Expected a text that matches or fails pattern ${JSON.stringify(mail)} within 50 ms` },
        ]);
      });
    }

    it("that take their time again and again end too", () => {
      const schema = { items: { not: { pattern: mail } } };
      const payload = range(8_000).map(() => "a".repeat(20));
      const [problem, ...others] = check(schema, payload);
      expect(others).to.deep.equal([]);
      expect(problem!.message).to.match(/^Expected .* within 50 ms$/);
    });

    it("that are quick are matched, one check after the other", () => {
      const matches = createSchemaCheck({ items: { pattern: "^a+$" } }, createRunWithin());
      expect(matches(["a", "aa"])).to.deep.equal([]);
      expect(matches(["a", "b"]).map(({ path }) => path)).to.deep.equal(["/payload/1"]);
    });

    it("run under the time limit only, and alone", () => {
      let tasks = 0;
      const counting: RunWithin = (_milliseconds, task) => {
        tasks++;
        task();
        return true;
      };
      createSchemaCheck({ $defs: { x: { patternProperties: { a: true } } } }, counting)({});
      expect(tasks).to.equal(0);
      createSchemaCheck({ $ref: "#/$defs/x", $defs: { x: { patternProperties: { a: true } } } }, counting)({});
      expect(tasks).to.equal(1);
    });
  });
});
