import { createContext, runInContext } from "node:vm";
import { expect } from "chai";
import fc from "fast-check";
import { JobClient, JobProblemError, type SubmitOptions } from "../../client/index";
import { payloadProblems } from "../../client/submission/payloadProblems";
import { rejection } from "../local-cloud/support";
import { type CannedApi, startCannedApi } from "./support";

class Order {
  id = 1;
}

const pathsOf = (payload: unknown) => payloadProblems(payload).map(({ path }) => path);

describe("payloads", () => {
  it("are sent if JSON can hold them", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void expect(payloadProblems(value)).to.deep.equal([])));
    const shared = { a: 1 };
    const odd = [shared, shared, Object.create(null), JSON.parse('{"__proto__":1}'), -0, "\ud800", ""] as unknown[];
    expect(payloadProblems(odd)).to.deep.equal([]);
    expect(payloadProblems(runInContext("({ a: [{}] })", createContext()))).to.deep.equal([]);
  });

  it("are otherwise refused by path, with what was given", () => {
    const circle: Record<string, unknown> = {};
    circle.self = [circle];
    const cases: [unknown, string, RegExp][] = [
      [12_345_678_901_234_567_890n, "", /got a BigInt, 12345678901234567890n$/],
      [NaN, "", /finite number, got NaN/],
      [-Infinity, "", /got -Infinity/],
      [undefined, "", /got undefined/],
      [() => 1, "", /got a function/],
      [Symbol("s"), "", /got a symbol/],
      [new Date(0), "", /got a Date: send its toISOString/],
      [new Date(NaN), "", /got a Date/],
      [new Map([["a", 1]]), "", /got a Map/],
      [new Set([1]), "", /got a Set/],
      [new Uint8Array(2), "", /got a Uint8Array: send its bytes as base64/],
      [Buffer.from("a"), "", /got a Buffer/],
      [/x/, "", /got an instance of RegExp/],
      [new Error("x"), "", /got an instance of Error/],
      [Promise.resolve(1), "", /got an instance of Promise/],
      [new URL("http://a"), "", /got an instance of URL/],
      [new Order(), "", /got an instance of Order/],
      [Object(1), "", /got an instance of Number/],
      [Array(1), "/0", /got undefined/],
      [Object.assign([1], { total: 1 }), "", /with the property "total"/],
      [{ [Symbol("s")]: 1 }, "", /got Symbol\(s\)/],
      [{ toJSON: () => 1 }, "/toJSON", /got a function/],
      [circle, "/self/0", /lies within itself/],
    ];
    for (const [value, path, message] of cases) {
      for (const [payload, start] of [
        [value, "/payload"],
        [{ ok: [null, { "a/b": value }] }, "/payload/ok/1/a~1b"],
      ] as const) {
        const problems = payloadProblems(payload);
        expect(problems.map((each) => each.path)).to.deep.equal([start + path]);
        expect(problems[0]!.message)
          .to.match(/^Expected .+, got /)
          .and.match(message);
      }
    }
    expect(pathsOf(Array(1_000).fill(NaN))).to.have.length(20);
  });

  it("keep their value, or are refused", () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withSparseArray: true,
    });
    fc.assert(
      fc.property(anything, (value) => {
        if (payloadProblems(value).length > 0) return;
        expect(JSON.stringify(JSON.parse(JSON.stringify(value)))).to.equal(JSON.stringify(value));
        const withoutMinusZero = JSON.parse(JSON.stringify(value)) as unknown;
        expect(payloadProblems(withoutMinusZero)).to.deep.equal([]);
      }),
    );
  });

  describe("of a client", () => {
    let api: CannedApi;
    let client: JobClient;
    before(async () => {
      api = await startCannedApi(({ body }) => {
        const { jobs } = body as { jobs?: { id: string }[] };
        if (jobs) return { body: { results: jobs.map(({ id }) => ({ status: 202, id })) } };
        return { status: 202, body: { id: "a", type: "t", state: "queued" } };
      });
      client = new JobClient({ url: api.url });
    });
    after(() => api.close());
    beforeEach(() => void (api.requests.length = 0));

    it("are not sent if they would arrive changed", async () => {
      const error = (await rejection(client.submit("t", { at: new Date(0), n: NaN }))) as JobProblemError;
      expect(error).to.be.instanceOf(JobProblemError).and.include({ code: "invalid-request", status: 400 });
      expect(error.errors.map(({ path }) => path)).to.deep.equal(["/payload/at", "/payload/n"]);
      expect(error.message).to.contain("/payload/n: Expected a finite number, got NaN");
      expect(api.requests).to.deep.equal([]);
    });

    it("cause only the job at fault to be refused if several are submitted", async () => {
      const outcomes = await client.submitMany([
        { type: "t", payload: 1, id: "one" },
        { type: "t", payload: 1n, id: "two" },
        { type: "t", payload: { a: undefined } },
        { type: "t", payload: 4, id: "four" },
      ]);
      expect(outcomes.map(({ isAccepted }) => isAccepted)).to.deep.equal([true, false, false, true]);
      expect(outcomes.map(({ id }) => id).filter((_, index) => index !== 2)).to.deep.equal(["one", "two", "four"]);
      expect(outcomes[2]).to.have.nested.property("problem.errors[0].path", "/payload/a");
      expect(api.requests).to.have.length(1);
    });

    it("are refused with unknown options", async () => {
      const options = { delay: 5, runAt: new Date(NaN) } as SubmitOptions;
      const error = (await rejection(client.submit("t", 1, options))) as JobProblemError;
      expect(error.errors.map(({ path }) => path)).to.deep.equal(["/delay", "/runAt"]);
      expect(error.message).to.contain("did you mean delaySeconds?");
      const [outcome] = await client.submitMany([{ type: "t", payload: 1, idempotencyKey: "k" } as never]);
      expect(outcome).to.have.nested.property("problem.errors[0].path", "/idempotencyKey");
      expect(api.requests).to.deep.equal([]);
      const signal = new AbortController().signal;
      await client.submit("t", 1, { idempotencyKey: "k", signal, tenant: "x", delaySeconds: 1 });
      expect(api.requests).to.have.length(1);
    });
  });
});
