import { expect } from "chai";
import fc from "fast-check";
import { lossyNumbers } from "../../contract/lossyNumbers";

describe("lossyNumbers", () => {
  it("names numbers that a double can't hold, by path", () => {
    for (const [json, found] of [
      ['{"id":12345678901234567890}', [["/id", "12345678901234567890"]]],
      ["9007199254740993", [["", "9007199254740993"]]],
      ['{"a":[1,{"b/c~":-9007199254740993}]}', [["/a/1/b~1c~0", "-9007199254740993"]]],
      ["[3.14159265358979323846]", [["/0", "3.14159265358979323846"]]],
      ["[1e999, 1, -1e400, 1e-400]", ["0:1e999", "2:-1e400", "3:1e-400"].map((each) => [`/${each[0]}`, each.slice(2)])],
      [`[${"9".repeat(400)}]`, [["/0", `${"9".repeat(60)}… (400 characters)`]]],
      ['{"a":"x","b":{"c":[0,0,123456789.1234567890123]}}', [["/b/c/2", "123456789.1234567890123"]]],
    ] as const) {
      expect(
        lossyNumbers(json).map(({ path, text }) => [path, text]),
        json,
      ).to.deep.equal(found);
    }
  });

  it("passes what a double prints, in any number of digits, and digits within texts", () => {
    for (const json of [
      "[9007199254740992, 9007199254740994, 100000000000000000000000, 1e22, 1e23, 0, -0, 0.0, 1.10]",
      "[0.1, 0.10000000000000001, 0.1000000000000000055511151231257827]",
      "[1.7976931348623157e308, 5e-324, 4.9E-324, 2.2250738585072014e-308]",
      '{"12345678901234567890":"12345678901234567890","say \\"12345678901234567890":["\\\\"]}',
    ]) {
      expect(lossyNumbers(json), json).to.deep.equal([]);
    }
  });

  it("finds nothing in what JavaScript writes, and every whole number that JavaScript changes", () => {
    fc.assert(fc.property(fc.json(), (json) => void expect(lossyNumbers(json)).to.deep.equal([])));
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (whole) => {
        const json = `{"list":["12345678901234567890",${whole}]}`;
        const isWhole = BigInt(Number(whole)) === whole || JSON.stringify(Number(whole)) === String(whole);
        const found = lossyNumbers(json).map(({ path }) => path);
        if (isWhole) expect(found).to.deep.equal([]);
        // Digits that a double prints stand for it, though the last of them may be rounded.
        else if (String(whole).replace(/^-/, "").replace(/0+$/, "").length > 17)
          expect(found).to.deep.equal(["/list/1"]);
      }),
    );
  });

  it("names some of many, and takes a long text in its stride", () => {
    const many = `[${Array.from({ length: 5_000 }, () => "12345678901234567890").join(",")}]`;
    expect(lossyNumbers(many)).to.have.length(10);
    expect(lossyNumbers(`["${"x".repeat(5_000_000)}",12345678901234567890]`)[0]!.path).to.equal("/1");
    expect(lossyNumbers(`${"[".repeat(20_000)}12345678901234567890${"]".repeat(20_000)}`)).to.have.length(1);
  });
});
