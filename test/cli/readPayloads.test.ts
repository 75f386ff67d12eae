import { expect } from "chai";
import { readPayloads } from "../../cli/readPayloads";
import { rejection } from "../local-cloud/support";

describe("readPayloads", () => {
  it("takes any JSON whose value is kept", async () => {
    expect(await readPayloads({ argument: ' {"a": [1.0, 1e2, "12345678901234567890"]} ' })).to.deep.equal([
      { a: [1, 100, "12345678901234567890"] },
    ]);
  });

  it("refuses by path what would change its value", async () => {
    const cases: [string, string][] = [
      ['{"id": 12345678901234567890}', "/payload/id: Expected a number"],
      ["[1, 1e400]", "/payload/1: Expected a number"],
      ['{"a": 1, "a": 2}', "/payload/a: Expected each key once"],
    ];
    for (const [argument, text] of cases) {
      const error = await rejection(readPayloads({ argument }));
      expect(error.message)
        .to.match(/^Expected JSON as PAYLOAD that arrives whole\. /)
        .and.contain(text);
    }
  });
});
