import { expect } from "chai";
import { listKeyOf, listKeysOf } from "../../../contract/records/listKey";

describe("listKey", () => {
  it("is one of the type's, and always the same for a job", () => {
    expect(listKeysOf("word-count")).to.have.length(8);
    expect(listKeysOf("word-count")).to.include(listKeyOf("word-count", "a"));
    expect(listKeyOf("word-count", "a")).to.equal(listKeyOf("word-count", "a"));
  });

  it("spreads ids evenly, sequential ones too", () => {
    for (const prefix of ["", "order-2026-", "9f1c8e2a-0000-4000-8000-0000000"]) {
      const counts = new Map(listKeysOf("t").map((key) => [key, 0]));
      for (let number = 0; number < 8_000; number++) {
        const key = listKeyOf("t", `${prefix}${number}`);
        counts.set(key, counts.get(key)! + 1);
      }
      for (const [key, count] of counts) expect(count, `${prefix} ${key}`).to.be.within(800, 1_200);
    }
  });
});
