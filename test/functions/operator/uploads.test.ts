import { expect } from "chai";
import fc from "fast-check";
import { limits } from "../../../contract/limits";
import { lifetimesFor, payloadKey } from "../../../contract/records/largeValues";
import { FakeFrontend } from "../support/fakeFrontend";

const day = 86_400_000;
const start = Date.parse("2026-11-02T10:00:00Z");
const value = { bytes: 300_000, sha256: "ab".repeat(32) };
const wanted = { type: "word-count", id: "a", ...value };

describe("POST /uploads", () => {
  it("signs nothing that no job may have, and names the field", async () => {
    const frontend = new FakeFrontend();
    const hostile: [object, string, string][] = [
      ...[0, -1, 1.5, 1e99, "300000", null].map((bytes): [object, string, string] => [
        ...([{ bytes }, "/bytes", "invalid-request"] as const),
      ]),
      [{ bytes: limits.maxLargeBytes + 1 }, "/bytes", "payload-too-large"],
      [{ bytes: limits.maxFileBytes + 1 }, "/bytes", "invalid-request"],
      ...["", "AB".repeat(32), "ab".repeat(31), `${"ab".repeat(32)}/..`, 7].map((sha256): [object, string, string] => [
        ...([{ sha256 }, "/sha256", "invalid-request"] as const),
      ]),
      ...["../b", "a/b", ".", "..", "", "a".repeat(81), "ä"].map((id): [object, string, string] => [
        ...([{ id }, "/id", "invalid-request"] as const),
      ]),
      ...["../word-count", "Word", "d42/payloads"].map((type): [object, string, string] => [
        ...([{ type }, "/type", "invalid-request"] as const),
      ]),
      [{ type: "no-such-type" }, "/type", "unknown-type"],
      [{ delaySeconds: limits.maxDelaySeconds + 1 }, "/delaySeconds", "invalid-request"],
      [{ runAt: "tomorrow" }, "/runAt", "invalid-request"],
    ];
    for (const [more, path, code] of hostile) {
      const { json } = await frontend.request("POST", "/uploads", { ...wanted, ...more });
      expect(json, JSON.stringify(more)).to.include({ code });
      expect(JSON.stringify(json), JSON.stringify(more)).to.include(`"path":"${path}"`);
    }
    for (const method of ["GET", "PUT", "DELETE"]) {
      expect((await frontend.request(method, "/uploads")).status, method).to.equal(405);
    }
    expect((await frontend.request("POST", "/uploads", wanted)).status).to.equal(200);
  });

  it("places the payload of a job that is 30 days ahead where it is found then", async () => {
    let now = start;
    const frontend = new FakeFrontend({ now: () => now });
    const runAt = new Date(start + 30 * day).toISOString();
    const { json } = await frontend.request("POST", "/uploads", { ...wanted, runAt });
    const key = payloadKey(wanted, { days: 90, sha256: value.sha256 });
    expect(json).to.include({ url: `https://bucket/${key}` });
    frontend.largeValues.objects.set(key, value);
    // Minutes later, as a client that tries again.
    now += 600_000;
    const job = { type: "word-count", id: "a", payloadRef: value, runAt };
    expect((await frontend.request("POST", "/jobs", job)).status).to.equal(202);
    expect(frontend.scheduled).to.have.length(1);
    expect(frontend.scheduled[0]!.payloadRef).to.deep.equal({ ...value, days: 90 });
  });

  it("keeps each payload for as long as its record, however far ahead the job is, and no object for ever", () => {
    fc.assert(
      fc.property(fc.nat({ max: limits.maxDelaySeconds }), (delaySeconds) => {
        const begins = start + delaySeconds * 1_000;
        const days = lifetimesFor(new Date(begins).toISOString(), start);
        // In its queue, then its record.
        const gone = begins + (limits.queueRetentionSeconds + limits.recordRetentionSeconds) * 1_000;
        expect(days).to.have.length.above(0);
        expect(start + days[0]! * day).to.be.at.least(gone);
        expect([...days]).to.deep.equal([42, 90, 410].filter((each) => each >= days[0]!));
        const shorter = [42, 90].filter((each) => each < days[0]!);
        for (const each of shorter) expect(start + each * day).to.be.below(gone + 14 * day);
      }),
    );
  });
});
