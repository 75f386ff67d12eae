import { expect } from "chai";
import type { Health } from "../../../contract/http/answers";
import { FakeFrontend } from "../support/fakeFrontend";

const at = Date.parse("2026-11-02T10:00:00.000Z");
const refuse = () => Promise.reject(Object.assign(new Error("no"), { name: "InternalServerError" }));
const deep = { queryStringParameters: { deep: "1" } };
const failing = { status: "failing", error: "InternalServerError" };

describe("the deep health", () => {
  const look = async (...more: ConstructorParameters<typeof FakeFrontend>) => {
    const { status, json } = await new FakeFrontend(...more).request("GET", "/health", undefined, deep);
    return { ...(json as Health), code: status };
  };

  it("reads types and a record, and says how old the newest counts are", async () => {
    const readFleets = () => Promise.resolve({ a: { countsAt: at - 90_000 }, b: { countsAt: at - 30_000 }, c: {} });
    expect(await look({ now: () => at, readFleets })).to.deep.equal({
      ...{ code: 200, status: "ok" },
      parts: { types: { status: "ok", count: 2 }, records: { status: "ok" }, counts: { status: "ok", ageSeconds: 30 } },
    });
    const untracked = await look({ records: null });
    expect(untracked.parts).to.deep.equal({ types: { status: "ok", count: 2 }, counts: { status: "ok" } });
  });

  it("is 503 with the part that fails, and a line that says why", async () => {
    const frontend = new FakeFrontend({ records: { read: refuse } });
    const { status, json } = await frontend.request("GET", "/health", undefined, deep);
    expect([status, json]).to.deep.equal([
      503,
      {
        status: "failing",
        parts: { types: { status: "ok", count: 2 }, records: failing, counts: { status: "ok" } },
      },
    ]);
    expect(frontend.lines).to.deep.equal([
      {
        ...{ level: "warn", event: "health-part-failed" },
        fields: { part: "records", error: { name: "InternalServerError", message: "no" } },
      },
    ]);
    expect((await look({ readFleets: refuse })).parts!.counts).to.deep.equal(failing);
    const { code, parts } = await look({ jobTypes: { find: refuse, list: refuse } });
    expect([code, parts!.types, parts!.counts]).to.deep.equal([503, failing, failing]);
  });

  it("takes no other depth", async () => {
    for (const queryStringParameters of [{ deep: "0" }, { deep: "" }, { depth: "1" }]) {
      const { status } = await new FakeFrontend().request("GET", "/health", undefined, { queryStringParameters });
      expect(status, JSON.stringify(queryStringParameters)).to.equal(400);
    }
  });
});
