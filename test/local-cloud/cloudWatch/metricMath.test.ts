import { expect } from "chai";
import { parseMetricMath, type Series } from "../../../local-cloud/cloudWatch/metricMath";

const series =
  (...values: (number | undefined)[]): Series =>
  (period) =>
    values[period];

describe("metric math", () => {
  const metrics = { a: series(5, 3, undefined), b: series(2, undefined, 1), none: series() };
  const cases: [expression: string, values: (number | undefined)[]][] = [
    ["a", [5, 3, undefined]],
    ["a + b", [7, 3, 1]],
    ["a - none", [5, 3, undefined]],
    ["a / b", [2.5, undefined, 0]],
    ["1 + 2 * 3 - (4 - 1) / 3", [6, 6, 6]],
    ["-a * 2", [-10, -6, undefined]],
    ["a / 0", [undefined, undefined, undefined]],
    ["a >= 5", [1, 0, undefined]],
    ["a > b", [1, 1, 0]],
    ["(1 + 2) * none", [undefined, undefined, undefined]],
    ["IF(a >= 5, 100 * b / a, 0)", [40, 0, undefined]],
    ["IF(a >= 3, b, 9)", [2, 0, undefined]],
    ["IF(a >= 5, 9, b)", [9, undefined, undefined]],
    ["DIFF(a)", [2, undefined, undefined]],
    ["FILL(b, 0)", [2, 0, 1]],
    ["SUM([a, b, none])", [7, 3, 1]],
    ["SUM([none])", [undefined, undefined, undefined]],
    ["MAX([a, b]) - MIN([a, b])", [3, 0, 0]],
  ];
  for (const [expression, values] of cases) {
    it(expression, () => {
      const value = parseMetricMath(expression)(metrics);
      expect([0, 1, 2].map(value)).to.deep.equal(values);
    });
  }

  it("refuses what it doesn't know", () => {
    expect(() => parseMetricMath("SEARCH(a)")).to.throw(
      'Expected one of DIFF, FILL, IF, MAX, MIN, SUM in the metric math "SEARCH(a)"',
    );
    expect(() => parseMetricMath("a +")).to.throw("Expected one of");
    expect(() => parseMetricMath("a b")).to.throw(
      'Expected the end in the metric math "a b" in the local cloud, got b',
    );
    expect(() => parseMetricMath("c")(metrics)).to.throw("Expected the id of a metric");
    expect(() => parseMetricMath("DIFF([a, b])")(metrics)).to.throw("Expected one value in metric math, got a list");
  });
});
