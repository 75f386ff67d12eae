import { expect } from "chai";
import fc from "fast-check";
import { limits } from "../../contract/limits";
import { stringAttributes } from "../../contract/messages/attributes";
import { mapLimited } from "../../functions/shared/mapLimited";
import { batchOutcomes, divideIntoBatches, messageBytes } from "../../functions/shared/messages/batches";
import { variable } from "../../functions/shared/runtime";

describe("mapLimited", () => {
  it("keeps order and never does more at once than the limit", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(3)), fc.integer({ min: 1, max: 5 }), async (items, limit) => {
        let atOnce = 0;
        const results = await mapLimited(items, limit, async (turns) => {
          expect(++atOnce).to.be.at.most(limit);
          for (let turn = 0; turn < turns; turn++) await Promise.resolve();
          atOnce--;
          return turns * 2;
        });
        expect(results).to.deep.equal(items.map((turns) => turns * 2));
      }),
    );
  });

  it("fails where one of them fails", async () => {
    const error = new Error("no");
    const outcome = await mapLimited([1, 2], 2, (item) =>
      item === 2 ? Promise.reject(error) : Promise.resolve(),
    ).catch((caught: unknown) => caught);
    expect(outcome).to.equal(error);
  });
});

describe("divideIntoBatches", () => {
  const messages = fc.array(
    fc
      .record({ length: fc.nat({ max: 300_000 }), type: fc.string({ minLength: 1, maxLength: 40 }) })
      .map(({ length, type }) => ({ body: "é".repeat(length / 2), attributes: stringAttributes({ type }) })),
    { maxLength: 40 },
  );

  it("keeps order, loses none, and stays within a call's entries and bytes", () => {
    fc.assert(
      fc.property(messages, (all) => {
        const batches = divideIntoBatches(all);
        expect(batches.flat()).to.deep.equal(all);
        for (const batch of batches) {
          expect(batch.length).to.be.within(1, limits.maxBatchEntries);
          const bytes = batch.reduce((sum, message) => sum + messageBytes(message), 0);
          if (batch.length > 1) expect(bytes).to.be.at.most(limits.maxBatchBytes);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("counts the names, types and values of attributes", () => {
    expect(messageBytes({ body: "é", attributes: stringAttributes({ type: "ab" }) })).to.equal(2 + 4 + 6 + 2);
  });
});

describe("batchOutcomes", () => {
  it("sets each failure against its entry", () => {
    const [first, second, third] = batchOutcomes(3, [
      { Id: "1", Code: "Throttled", Message: "slow down" },
      { Id: "2" },
    ]);
    expect(first).to.equal(undefined);
    expect(second).to.include({ name: "Throttled", message: "slow down" });
    expect(third).to.be.an("error");
  });
});

describe("variable", () => {
  it("names the variable that is missing", () => {
    expect(() => variable("NO_SUCH_VARIABLE")).to.throw("NO_SUCH_VARIABLE");
  });
});
