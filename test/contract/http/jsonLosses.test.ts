import { expect } from "chai";
import fc from "fast-check";
import { findJsonLosses } from "../../../contract/http/jsonLosses";

function pathsIn(text: string): string[] {
  JSON.parse(text);
  return findJsonLosses(text).map(({ path }) => path);
}

/** A number's text as a fraction of whole numbers, by the rules of arithmetic alone. */
function fractionOf(text: string): [bigint, bigint] {
  const [, sign, whole, fraction = "", power = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)!;
  const digits = BigInt(`${sign}${whole}${fraction}`);
  const exponent = Number(power) - fraction.length;
  return exponent >= 0 ? [digits * 10n ** BigInt(exponent), 1n] : [digits, 10n ** BigInt(-exponent)];
}

function isEqual(one: string, other: string): boolean {
  const [[a, b], [c, d]] = [fractionOf(one), fractionOf(other)];
  return a * d === c * b;
}

describe("findJsonLosses", () => {
  it("lets pass the numbers that a double holds as they are written", () => {
    for (const number of [
      ...["0", "-0", "-0.0", "0e99999999999", "1.0", "1e2", "1E+2", "-1.50e-10", "0.1", "0.30000000000000004"],
      ...[
        "9007199254740992",
        "100000000000000000000",
        "1e23",
        "5e-324",
        "1.7976931348623157e308",
        "1000000000000000e-15",
        "0.10000000000000001",
        "0.1000000000000000055511151231257827021181583404541015625",
      ],
    ]) {
      expect(pathsIn(number), number).to.deep.equal([]);
      expect(pathsIn(`{"a":[${number}]}`), number).to.deep.equal([]);
    }
  });

  it("names the numbers that would arrive as others, and what they would arrive as", () => {
    const cases: [string, string][] = [
      ["12345678901234567890", "12345678901234567000"],
      ["9007199254740993", "9007199254740992"],
      ["0.1234567890123456789", "0.12345678901234568"],
      ["1e400", "Infinity"],
      ["-1e400", "-Infinity"],
      ["1e-400", "0"],
      ["2.5e-324", "5e-324"],
      ["1.000000000000000000001", "1"],
    ];
    for (const [number, arrived] of cases) {
      const [loss] = findJsonLosses(`{"a":[true,{"b/~":${number}}]}`);
      expect(loss!.path).to.equal("/a/1/b~1~0");
      expect(loss!.message).to.contain(`got ${number}, which would arrive as ${arrived}`);
    }
    expect(findJsonLosses("9".repeat(1_000_000))[0]!.message.length).to.be.lessThan(400);
  });

  it("agrees with exact arithmetic on any number", () => {
    const digits = (most: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${most}}$`));
    const number = fc
      .tuple(
        fc.constantFrom("", "-"),
        digits(25),
        fc.option(digits(25)),
        fc.option(fc.integer({ min: -350, max: 330 })),
      )
      .map(([sign, whole, fraction, power]) => {
        const head = `${sign}${whole.replace(/^0+(?=\d)/, "")}`;
        return `${head}${fraction === null ? "" : `.${fraction}`}${power === null ? "" : `e${power}`}`;
      });
    fc.assert(
      fc.property(number, (text) => {
        const value = Number(text);
        const digits = text.replace(/e.*|\D/g, "").replace(/^0+|0+$/g, "").length;
        const isHeld = Number.isFinite(value) && isEqual(value.toPrecision(Math.max(1, digits)), text);
        expect(pathsIn(text).length === 0).to.equal(isHeld);
      }),
      { numRuns: 500 },
    );
  });

  it("lets pass any double, in whatever number of digits it is printed, but none whose last digit is another", () => {
    const double = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 });
    fc.assert(
      fc.property(double, fc.integer({ min: 17, max: 60 }), (value, digits) => {
        fc.pre(Math.abs(value) > 1e-290);
        const printed = value.toPrecision(digits);
        expect(pathsIn(printed)).to.deep.equal([]);
        if (digits < 19) return;
        const wrong = printed.replace(/\d(?=e|$)/, (last) => (last === "5" ? "3" : String((Number(last) + 5) % 10)));
        expect(pathsIn(wrong)).to.deep.equal([""]);
      }),
    );
  });

  it("names keys that come twice in one object, however they are written", () => {
    expect(pathsIn('{"a":1,"b":{"a":2},"a":3}')).to.deep.equal(["/a"]);
    expect(pathsIn('[{},{"x":{"a":1,"\\u0061":2}}]')).to.deep.equal(["/1/x/a"]);
    expect(pathsIn('{"__proto__":1,"__proto__":2}')).to.deep.equal(["/__proto__"]);
    expect(pathsIn('{"":1,"":2}')).to.deep.equal(["/"]);
    expect(pathsIn('{"a":"\\"a\\":1,","b":["a","a"],"c":{"a":1}}')).to.deep.equal([]);
    expect(pathsIn('{ "a\\\\" : 1 , "a" : 2 , "a\\\\" : 3 }')).to.deep.equal(["/a\\"]);
  });

  it("finds nothing in what JSON.stringify writes", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
        expect(findJsonLosses(JSON.stringify(value, null, indent))).to.deep.equal([]);
      }),
    );
  });

  it("finds a number wherever it stands", () => {
    const mark = 987_654_321;
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const places: string[] = [];
        const walk = (item: unknown, path: string): unknown => {
          if (Array.isArray(item)) return item.map((each, index) => walk(each, `${path}/${index}`));
          if (typeof item !== "object" || item === null) {
            places.push(path);
            return mark;
          }
          const entries = Object.entries(item).map(([key, each]) => [
            key,
            walk(each, `${path}/${key.replace(/~/g, "~0").replace(/\//g, "~1")}`),
          ]);
          return Object.fromEntries(entries) as unknown;
        };
        const text = JSON.stringify(walk(value, "")).replaceAll(String(mark), "1e999");
        expect(pathsIn(text)).to.deep.equal(places.slice(0, 20));
      }),
    );
  });

  it("reports twenty of each job of a batch, and of all the rest", () => {
    const bad = (count: number) => `[${Array(count).fill("1e400").join()}]`;
    const paths = pathsIn(`{"jobs":[${bad(30)},${bad(3)}],"more":${bad(30)}}`);
    for (const [beginning, count] of [
      ["/jobs/0/", 20],
      ["/jobs/1/", 3],
      ["/more/", 20],
    ] as const) {
      expect(paths.filter((path) => path.startsWith(beginning))).to.have.length(count);
    }
  });

  it("takes nesting of any depth, and long paths", () => {
    const deep = `${"[".repeat(20_000)}1e400${"]".repeat(20_000)}`;
    expect(findJsonLosses(deep)[0]!.path.length).to.be.at.most(500);
  });
});
