import { createHash } from "node:crypto";
import vm from "node:vm";
import { expect } from "chai";
import fc from "fast-check";
import { limits } from "../../../contract/limits";
import { encodeResult } from "../../../worker-image/src/handlers/encodeResult";

describe("encodeResult", () => {
  function jsonOf(value: unknown): string | undefined {
    const encoded = encodeResult(value);
    if (!encoded.ok) throw new Error(encoded.message);
    return encoded.json;
  }

  function refusalOf(value: unknown): string {
    const encoded = encodeResult(value);
    if (encoded.ok) throw new Error(`Expected a refusal, got ${encoded.json}`);
    expect(encoded.message).to.match(/^Expected a result that is JSON, got /);
    return encoded.message.slice("Expected a result that is JSON, got ".length);
  }

  class Row {
    constructor(readonly id: number) {}
  }

  const changed = "which JSON would empty or change";
  const circular: Record<string, unknown> = { list: [1] };
  (circular.list as unknown[]).push(circular);
  const refused: [string, unknown, string][] = [
    ["a Map", new Map([["a", 1]]), `a Map, ${changed}`],
    ["a Set", { of: [new Set()] }, `a Set, ${changed} at /of/0`],
    ["an error", new Error("x"), `an error (x), ${changed}`],
    ["a Response", new Response("x"), `a Response, ${changed}`],
    ["a Uint8Array", { bytes: new Uint8Array(2) }, `an Uint8Array, ${changed} at /bytes`],
    ["a Buffer", Buffer.from("x"), `a Buffer, ${changed}`],
    ["an ArrayBuffer", new ArrayBuffer(2), `an ArrayBuffer, ${changed}`],
    [
      "a rejection",
      [{ status: "rejected", reason: new Error("row 7 has no price") }],
      `an error (row 7 has no price), ${changed} at /0/reason`,
    ],
    ["NaN", { mean: 0 / 0 }, "NaN at /mean"],
    ["Infinity", [[1, -Infinity]], "-Infinity at /0/1"],
    ["a function in a list", [() => 1], "a function at /0"],
    ["a function in an object", { a: { go() {} } }, "a function at /a/go"],
    ["a function", () => 1, "a function"],
    ["a symbol", { a: Symbol("s") }, "a symbol at /a"],
    ["a BigInt", { "a/b~": 12n }, "the BigInt 12 at /a~1b~0"],
    ["undefined in a list", [1, undefined], "undefined in a list at /1"],
    ["a hole", { of: new Array<number>(2) }, "a hole in a list at /of/0"],
    ["a property of a list", "x".match(/x/), "a property of a list at /index"],
    ["a symbol as a name", { [Symbol("s")]: 1 }, "a property whose name is Symbol(s)"],
    ["an invalid Date", { at: new Date(NaN) }, "an invalid Date at /at"],
    ["an instance", { rows: [new Row(1)] }, `a Row, ${changed} at /rows/0`],
    ["a Promise", { of: Promise.resolve(1) }, `a Promise (is an await missing?), ${changed} at /of`],
    ["a boxed text", new String("x"), `a String, ${changed}`],
    ["a RegExp", /x/, `a RegExp, ${changed}`],
    ["a WeakMap", new WeakMap(), `a WeakMap, ${changed}`],
    ["an iterator", [1].values(), `an object with a prototype of its own, ${changed}`],
    ["search parameters", new URLSearchParams("a=1"), `an URLSearchParams, ${changed}`],
    ["a circle", { a: circular }, "a circle, back to /a at /a/list/1"],
    ["a circle to the root", circular, "a circle, back to the value itself at /list/1"],
    ["what toJSON gives", { toJSON: () => new Map() }, `a Map, ${changed}`],
    [
      "a getter that throws",
      {
        get a() {
          throw new Error("not ready");
        },
      },
      "what can't be read (not ready)",
    ],
    ["a revoked proxy", revoked(), "what can't be read ("],
  ];
  for (const [name, value, message] of refused) {
    it(`refuses ${name}, by its path`, () => expect(refusalOf(value)).to.include(message));
  }

  function revoked(): unknown {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  }

  it("refuses what lies too deep", () => {
    let deep: unknown = 1;
    for (let depth = 0; depth < 20_000; depth++) deep = [deep];
    expect(refusalOf(deep)).to.include("more than 500 objects inside one another at /0/0");
  });

  it("writes what JSON.stringify writes of the rest: undefined properties are left out, toJSON is asked", () => {
    const shared = { a: 1 };
    class Money {
      constructor(readonly cents: number) {}
      toJSON() {
        return { cents: this.cents };
      }
    }
    class Same {
      a = 1;
      toJSON() {
        return this;
      }
    }
    for (const value of [
      { a: undefined, b: 1 },
      [shared, shared],
      new Date(0),
      [new Money(5), new Same()],
      new URL("https://example.com/a"),
      Object.assign(Object.create(null) as object, { a: 1 }),
      vm.runInNewContext("({ a: [1, { b: 2 }] })"),
      JSON.parse('{"__proto__":{"a":1},"constructor":2}'),
      "\ud800 lone, \u2028",
      -0,
      [],
      {},
      null,
    ]) {
      expect(jsonOf(value)).to.equal(JSON.stringify(value));
    }
    expect(encodeResult(undefined)).to.deep.equal({ ok: true });
  });

  it("keeps the value, or refuses it", () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: true,
      withNullPrototype: true,
      withBoxedValues: true,
    });
    fc.assert(
      fc.property(anything, (value) => {
        const encoded = encodeResult(value);
        if (encoded.ok && encoded.json !== undefined) expect(same(JSON.parse(encoded.json), value)).to.equal(true);
        if (encoded.ok && encoded.json === undefined) expect(value).to.equal(undefined);
      }),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        expect(jsonOf(value)).to.equal(JSON.stringify(value));
      }),
      { numRuns: 300 },
    );
  });

  /** True if the decoded value is the other one, except undefined properties, and with dates as strings. */
  function same(decoded: unknown, value: unknown): boolean {
    if (value instanceof Date) return decoded === value.toISOString();
    if (typeof value !== "object" || value === null) return decoded === value;
    if (Array.isArray(value)) {
      if (!Array.isArray(decoded) || decoded.length !== value.length) return false;
      return decoded.every((item, index) => index in value && same(item, value[index]));
    }
    const prototype = Object.getPrototypeOf(value) as unknown;
    if (prototype !== null && prototype !== Object.prototype) return false;
    const names = Object.keys(value).filter((name) => (value as Record<string, unknown>)[name] !== undefined);
    const found = Object.keys(decoded as object);
    return (
      found.length === names.length &&
      names.every((name) => same((decoded as Record<string, unknown>)[name], (value as Record<string, unknown>)[name]))
    );
  }

  it("gives size and digest of a result over the limit, and none of its content", () => {
    for (const value of [
      ["x".repeat(limits.maxResultBytes)],
      Array.from({ length: 30_000 }, (_, index) => ({ index, ä: "ö" })),
    ]) {
      const json = JSON.stringify(value);
      const bytes = Buffer.byteLength(json);
      const encoded = encodeResult(value);
      expect(encoded).to.deep.equal({
        ok: true,
        omitted: {
          bytes,
          sha256: createHash("sha256").update(json).digest("hex"),
          reason: `It has ${bytes} bytes of JSON, and at most 65536 are kept: store it in S3 and return where it is`,
        },
      });
    }
    const largest = "x".repeat(limits.maxResultBytes - 2);
    expect(encodeResult(largest)).to.deep.equal({ ok: true, json: JSON.stringify(largest) });
    expect(encodeResult(`${largest}x`)).to.have.property("omitted");
    expect(encodeResult("ä".repeat(limits.maxResultBytes / 2))).to.have.property("omitted");
  });
});
