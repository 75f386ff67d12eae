import { expect } from "chai";
import { complaintsOf } from "./complaints";

describe("the lint of comments", () => {
  let complaintsAbout: (code: string) => string[];

  before(async () => {
    complaintsAbout = await complaintsOf("lintComments.mjs", "voice");
  });

  for (const word of ["What", "How", "Whether", "Where", "When", "Why", "Who", "Whom"]) {
    it(`refuses a doc comment that begins with ${word}`, () => {
      const expected = [`Expected a doc comment that begins with what the thing is, got "${word} …".`];
      expect(complaintsAbout(`/** ${word} it is. */\nvar a;`)).to.deep.equal(expected);
      expect(complaintsAbout(`/**\n * ${word} it is,\n * in two lines.\n */\nvar a;`)).to.deep.equal(expected);
    });
  }

  for (const words of ["nothing where", "absent where", "Absent where"]) {
    it(`refuses "${words}", also across two lines`, () => {
      const expected = [`Expected "undefined if …" or the like, got "${words}".`];
      expect(complaintsAbout(`// The text; ${words} there is none.\nvar a;`)).to.deep.equal(expected);
      const [one, two] = words.split(" ");
      expect(complaintsAbout(`/**\n * The text; ${one}\n * ${two} there is none.\n */\nvar a;`)).to.deep.equal(
        expected,
      );
    });
  }

  for (const word of ["anew", "at the most", "whoever", "nobody", "so many"]) {
    it(`refuses "${word}" in comments, also across two lines, and in texts`, () => {
      const expected = [`Expected a plainer word than "${word}".`];
      const spread = word.replaceAll(" ", "\n * ");
      for (const code of [
        `// It is ${word} here.`,
        `/**\n * It is ${spread} here.\n */`,
        `var a = "is ${word} here";`,
      ]) {
        expect(complaintsAbout(code), code).to.deep.equal(expected);
      }
    });
  }

  it("refuses a line beyond 120 columns, and takes one of 120", () => {
    expect(complaintsAbout(`// ${"a".repeat(117)}`)).to.deep.equal([]);
    expect(complaintsAbout(`// ${"a".repeat(118)}`)).to.deep.equal([
      "Expected a comment of at most 120 columns, got 121.",
    ]);
    expect(complaintsAbout(`/**\n * ${"a".repeat(118)}\n */`)).to.have.length(1);
  });

  it("leaves code beside comments, why-comments and comments for tools alone", () => {
    expect(complaintsAbout(`var a = /* short */ "${"a".repeat(120)}";`)).to.deep.equal([]);
    expect(complaintsAbout("// Where it is read, it is gone.\nvar a;")).to.deep.equal([]);
    expect(complaintsAbout("/** Whatever it is. */\nvar a;")).to.deep.equal([]);
    expect(complaintsAbout(`// prettier-ignore ${"a".repeat(120)}\nvar a;`)).to.deep.equal([]);
  });
});
