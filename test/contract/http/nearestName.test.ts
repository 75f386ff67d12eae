import { expect } from "chai";
import fc from "fast-check";
import { nearestName } from "../../../contract/http/nearestName";

const fields = ["type", "payload", "id", "tenant", "delaySeconds", "runAt"];

describe("nearestName", () => {
  it("finds the name that was likely meant", () => {
    for (const [wrong, meant] of [
      ["delaySecond", "delaySeconds"],
      ["delay_seconds", "delaySeconds"],
      ["delay", "delaySeconds"],
      ["runat", "runAt"],
      ["run_at", "runAt"],
      ["notBefore", "runAt"],
      ["Type", "type"],
      ["payloads", "payload"],
      ["tenantId", "tenant"],
      ["ID", "id"],
    ] as const) {
      expect(nearestName(wrong, fields), wrong).to.equal(meant);
    }
    expect(nearestName("status", ["type", "state", "limit", "cursor"])).to.equal("state");
  });

  it("is undefined if no name is near", () => {
    for (const wrong of [
      "priority",
      "timeoutSeconds",
      "maxAttempts",
      "idempotencyKey",
      "",
      "__proto__",
      "constructor",
    ]) {
      expect(nearestName(wrong, fields), wrong).to.equal(undefined);
    }
    expect(nearestName("x", [])).to.equal(undefined);
    expect(nearestName("delaySeconds".repeat(1_000_000), fields)).to.equal(undefined);
  });

  it("finds each name itself, and gives nothing but names", () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.constantFrom(...fields)), (wrong, known) => {
        expect([undefined, ...known]).to.include(nearestName(wrong, known));
      }),
    );
    for (const name of fields) expect(nearestName(name, fields)).to.equal(name);
  });
});
