import { expect } from "chai";
import { complaintsOf } from "./complaints";

describe("the lint of functions", () => {
  let complaintsAbout: (code: string) => string[];

  before(async () => {
    complaintsAbout = await complaintsOf("lintFunctions.mjs", "own-lines");
  });

  const statements = (count: number) => "a();\n".repeat(count);
  const complaint = (lines: number) =>
    `Expected a function of at most 40 lines, without comments and functions in it, got ${lines}.`;
  const forms: [form: string, begin: string, end: string][] = [
    ["a function", "function f() {\n", "}"],
    ["an arrow function", "const f = () => {\n", "};"],
    ["a method", "class C { m() {\n", "} }"],
    ["a constructor", "class C { constructor() {\n", "} }"],
  ];
  for (const [form, begin, end] of forms) {
    it(`refuses the 41st line of ${form}`, () => {
      expect(complaintsAbout(begin + statements(38) + end)).to.deep.equal([]);
      expect(complaintsAbout(begin + statements(39) + end)).to.deep.equal([complaint(41)]);
    });
  }

  it("counts neither comments nor blank lines, and each line of a text", () => {
    expect(complaintsAbout(`function f() {\n${"// a\n\n/* b\nc */\n".repeat(40)}${statements(38)}}`)).to.deep.equal([]);
    expect(complaintsAbout(`function f() {\na(\`${"b\n".repeat(39)}\`);\n}`)).to.deep.equal([complaint(42)]);
  });

  it("counts lines of inner functions for these alone", () => {
    const inner = (count: number) => `b(() => {\n${statements(count)}});\n`;
    expect(complaintsAbout(`function f() {\n${inner(38).repeat(19)}}`)).to.deep.equal([]);
    expect(complaintsAbout(`function f() {\n${inner(39)}}`)).to.deep.equal([complaint(41)]);
    expect(complaintsAbout(`function f() {\n${inner(38).repeat(20)}}`)).to.deep.equal([complaint(42)]);
  });
});
