import { type AddressInfo, createServer } from "node:net";
import vm from "node:vm";
import { expect } from "chai";
import fc from "fast-check";
import { limits } from "../../../contract/limits";
import { isPermanent, stackOf, toJobError } from "../../../worker-image/src/support/errors";
import { toPlain } from "../../../worker-image/src/support/plain";

/** The other end has no listener any more. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("toJobError", () => {
  const messageOf = (thrown: unknown) => toJobError(thrown).message;

  it("has the causes of an error, and its code", async () => {
    const port = await closedPort();
    const refused = await fetch(`http://127.0.0.1:${port}/`).catch((error: unknown) => error);
    expect(toJobError(refused)).to.deep.equal({
      name: "TypeError",
      message: `fetch failed: connect ECONNREFUSED 127.0.0.1:${port}`,
    });
    const cause = new RangeError("row 17 is locked", {
      cause: Object.assign(new Error("deadlock"), { code: "40P01" }),
    });
    expect(messageOf(new Error("Could not load the customer", { cause }))).to.equal(
      "Could not load the customer: RangeError: row 17 is locked: deadlock (40P01)",
    );
    expect(messageOf(new Error("Could not load", { cause: "the disk is full" }))).to.equal(
      "Could not load: the disk is full",
    );
    expect(messageOf(new Error("Could not load: no", { cause: new Error("no") }))).to.equal("Could not load: no");
    expect(messageOf(Object.assign(new Error(""), { code: "ECONNRESET" }))).to.equal("ECONNRESET");
    expect(messageOf(new Error())).to.equal("(no message)");
  });

  it("has the first errors of an AggregateError", async () => {
    const mirrors = ["A: 503", "B: checksum", "C: 404", "D: 500", "E: 1"].map((text) =>
      Promise.reject(new Error(text)),
    );
    const several = await Promise.any(mirrors).catch((error: unknown) => error);
    expect(messageOf(several)).to.equal("All promises were rejected: A: 503; B: checksum; C: 404; 2 more");
    const unnamed = Object.assign(new AggregateError([new Error("connect ECONNREFUSED ::1:80")]), {
      code: "ECONNREFUSED",
    });
    expect(messageOf(new TypeError("fetch failed", { cause: unnamed }))).to.equal(
      "fetch failed: AggregateError: connect ECONNREFUSED ::1:80",
    );
  });

  it("describes what is no error, or an unusual one", () => {
    const odd = Object.assign(new Error(), { message: { code: 17, detail: "row locked" }, permanent: true });
    expect(toJobError(odd)).to.deep.equal({ name: "Error", message: '{"code":17,"detail":"row locked"}' });
    expect(isPermanent(odd)).to.equal(true);
    const named = Object.assign(new TypeError("no"), { name: { of: 1 } });
    expect(toJobError(named)).to.deep.equal({ name: "TypeError", message: "no" });
    expect(messageOf("text")).to.equal("text");
    expect(messageOf({ some: "object" })).to.equal('Threw {"some":"object"}');
    expect(toJobError({ name: "Refused", message: "like an error", code: 7 })).to.deep.equal({
      name: "Refused",
      message: "like an error (7)",
      code: "7",
    });
    expect(messageOf(undefined)).to.equal("Threw undefined");
    expect(messageOf(null)).to.equal("Threw null");
    expect(messageOf(12n)).to.equal("Threw 12");
    expect(messageOf(Symbol("s"))).to.equal("Threw Symbol(s)");
    expect(messageOf(new Map([["a", 1]]))).to.equal('Threw {"a":1}');
    expect(toJobError(vm.runInNewContext("new TypeError('elsewhere')"))).to.deep.equal({
      name: "TypeError",
      message: "elsewhere",
    });
  });

  it("follows circles and endless chains no further than it must, and has the innermost cause of long ones", () => {
    const circle: Error & { cause?: unknown } = new Error("outer", { cause: new Error("inner") });
    (circle.cause as Error).cause = circle;
    expect(messageOf(circle)).to.equal("outer: inner");
    let long = new Error("innermost");
    for (let depth = 20; depth > 0; depth--) long = new Error(`level ${depth}`, { cause: long });
    expect(messageOf(long)).to.match(/^level 1: level 2: .*: innermost$/);
    const wordy = new Error("w".repeat(3_000_000), { cause: new Error("the disk is full") });
    expect(messageOf(wordy))
      .to.match(/: the disk is full$/)
      .and.to.have.length.at.most(limits.maxErrorCharacters);
    const endless = new Proxy(new Error("x"), { get: (_, name) => (name === "cause" ? new Error("again") : "x") });
    expect(messageOf(endless)).to.be.a("string");
  });

  it("has stacks with those of the causes, within bounds", () => {
    const error = new Error("outer", { cause: new TypeError("inner") });
    expect(stackOf(error)).to.match(/^Error: outer\n {4}at .*\nCaused by: TypeError: inner\n {4}at /s);
    const long = new Error("x".repeat(3_000_000));
    expect(stackOf(long)).to.have.length.at.most(8_100).and.to.include("errors.test");
    expect(stackOf(Object.assign(new Error("x"), { stack: ["an", "array"] }))).to.equal(undefined);
    expect(stackOf(undefined)).to.be.oneOf([undefined, "Threw undefined"]);
  });

  /** Objects that do what they can to spoil what looks at them. */
  const hostile: [string, () => unknown][] = [
    ["a proxy whose traps throw", () => new Proxy({}, throwingTraps())],
    ["an error behind such a proxy", () => new Proxy(new Error("x"), throwingTraps())],
    ["a revoked proxy", () => revoked()],
    ["getters that throw", () => withThrowingGetters()],
    ["a toString that throws", () => ({ toString: thrower, [Symbol.toPrimitive]: thrower, toJSON: thrower })],
    [
      "a message that throws as text",
      () => Object.assign(new Error(), { message: { toString: thrower, toJSON: thrower } }),
    ],
    ["no prototype", () => Object.create(null) as unknown],
    ["a name that is a symbol", () => Object.assign(new Error("x"), { name: Symbol("n"), code: Symbol("c") })],
    ["errors that are a proxy", () => Object.assign(new Error("x"), { errors: new Proxy([], throwingTraps()) })],
    ["a cause that is one", () => new Error("x", { cause: new Proxy({}, throwingTraps()) })],
    ["a huge sparse list", () => Object.assign(new Error("x"), { message: new Array(4_000_000_000) })],
    [
      "a wide object",
      () => ({ message: Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`k${i}`, "v".repeat(100)])) }),
    ],
    ["a deep object", () => deepObject()],
    ["an endless toJSON", () => endlessToJson()],
  ];

  function thrower(): never {
    throw new Error("not to be looked at");
  }
  function throwingTraps(): ProxyHandler<object> {
    return new Proxy({}, { get: () => thrower });
  }
  function withThrowingGetters(): unknown {
    const error = new Error("x");
    // Node writes the stack when it is first looked at.
    expect(error.stack).to.be.a("string");
    const getters = Object.fromEntries(
      ["name", "message", "stack", "cause", "code", "errors"].map((name) => [name, { get: thrower }]),
    );
    return Object.defineProperties(error, getters);
  }
  function revoked(): unknown {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  }
  function deepObject(): unknown {
    let deep: unknown = {};
    for (let depth = 0; depth < 100_000; depth++) deep = { message: deep, deep };
    return deep;
  }
  function endlessToJson(): unknown {
    return { toJSON: endlessToJson };
  }

  for (const [name, make] of hostile) {
    it(`can't be made to fail by ${name}`, () => {
      const { name: kind, message } = toJobError(make());
      expect(kind).to.be.a("string").and.not.equal("");
      expect(message).to.be.a("string").and.not.equal("");
      expect(message.length).to.be.at.most(limits.maxErrorCharacters);
      expect(isPermanent(make())).to.equal(false);
      stackOf(make());
      expect(JSON.stringify(toPlain(make())) ?? "").to.have.length.at.most(100_000);
    });
  }

  it("describes anything in bounded text", () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withNullPrototype: true,
      withSparseArray: true,
    });
    fc.assert(
      fc.property(
        anything,
        fc.constantFrom("throw", "message", "name", "cause", "code", "stack", "errors"),
        (value, as) => {
          const thrown = as === "throw" ? value : Object.assign(new Error("x"), { [as]: value });
          const { name, message } = toJobError(thrown);
          expect([typeof name, typeof message]).to.deep.equal(["string", "string"]);
          expect(message.length).to.be.within(1, limits.maxErrorCharacters);
          expect(name.length).to.be.within(1, 100);
          const stack = stackOf(thrown);
          expect(stack === undefined || typeof stack === "string").to.equal(true);
        },
      ),
    );
  });
});
