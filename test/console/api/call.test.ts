import { expect } from "chai";
import { Api, createKeys, pathOf } from "../../../console/api/call";
import type { Trouble, TroubleKind } from "../../../console/api/trouble";

const api = (answer: () => Response | Promise<Response>, seen: [string, RequestInit][] = []) =>
  new Api(
    async (url, init) => {
      seen.push([url, init]);
      return answer();
    },
    "http://127.0.0.1:1/stage/",
    { "x-console-token": "secret" },
  );
const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers });

async function troubleWith(answer: () => Response | Promise<Response>): Promise<Trouble> {
  return api(answer)
    .call("listTypes")
    .then(
      () => expect.fail("Expected a refusal"),
      (error: Trouble) => error,
    );
}

describe("The console's calls", () => {
  it("go to the API's routes, with the tab's token", async () => {
    const seen: [string, RequestInit][] = [];
    const answer = { id: "a b", type: "t", state: "queued" };
    await api(() => json(202, answer), seen).call("retryJob", { parameter: "a b", body: {}, key: "k" });
    const [url, init] = seen[0]!;
    expect([url, init.method, init.body]).to.deep.equal(["http://127.0.0.1:1/stage/jobs/a%20b/retry", "POST", "{}"]);
    expect(init.headers).to.deep.equal({
      ...{ "content-type": "application/json", "idempotency-key": "k", "x-console-token": "secret" },
    });
    expect(pathOf("listJobs", { query: { state: "failed", type: "", cursor: undefined, limit: 5 } })).to.equal(
      "jobs?state=failed&limit=5",
    );
  });

  it("have the same key as long as their body is the same, and none of another act", () => {
    const [keyOf, other] = [createKeys(), createKeys()];
    const keys = [keyOf(), keyOf({ payload: 1 }), keyOf({ payload: 2 }), other(), other({ payload: 1 })];
    expect(new Set(keys).size).to.equal(5);
    expect([keyOf(), keyOf({ payload: 1 }), keyOf({ payload: 2 })]).to.deep.equal(keys.slice(0, 3));
  });

  it("say in words how the API fails", async () => {
    const cases: [TroubleKind, RegExp, () => Response | Promise<Response>][] = [
      ["down", /can't be reached/, () => Promise.reject(new TypeError("Failed to fetch"))],
      ["slow", /within 31 s/, () => Promise.reject(new DOMException("late", "TimeoutError"))],
      ["refused", /refuses this \(403\): no scope/, () => json(403, { detail: "no scope" })],
      ["failing", /\(503\): SQS is away/, () => json(503, { detail: "SQS is away" })],
      ["failing", /\(500\): Internal Server Error/, () => json(500, { message: "Internal Server Error" })],
      ["failing", /\(502\)$/, () => new Response("<html>", { status: 502 })],
      ["problem", /^Expected a type/, () => json(400, { detail: "Expected a type" })],
      ["problem", /status 404/, () => json(404, [])],
      ["nonsense", /Expected Types from the API, got "<!doc/, () => new Response("<!doctype html>")],
      ["nonsense", /got nothing/, () => new Response("")],
      ["nonsense", /Expected Types/, () => json(200, { types: "none" })],
      ["nonsense", /Expected Types/, () => json(200, null)],
    ];
    for (const [kind, words, answer] of cases) {
      const trouble = await troubleWith(answer);
      expect(trouble.kind, trouble.message).to.equal(kind);
      expect(trouble.message).to.match(words);
    }
  });

  it("keep the fields at fault, and when to ask again", async () => {
    const errors = [{ path: "/payload/a", message: "Expected a text" }];
    expect((await troubleWith(() => json(422, { detail: "no", errors }))).fields).to.deep.equal(errors);
    expect((await troubleWith(() => json(429, {}, { "retry-after": "7" }))).retryAfterSeconds).to.equal(7);
  });
});
