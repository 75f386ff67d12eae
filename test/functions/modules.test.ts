import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const root = join(__dirname, "../..");

function modulesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

describe("modules that are serialised", () => {
  for (const file of [...modulesIn("contract"), ...modulesIn("functions")]) {
    describe(file, () => {
      const text = readFileSync(join(root, file), "utf8");

      it("is inlined wherever the package is installed", () => {
        expect(text).to.match(/^export const deploymentOnlyModule = true;$/m);
      });

      it("takes from packages nothing but types at its top", () => {
        expect(text).to.not.match(/^import (?!type )[^;]*from "[^.]/m);
        expect(text).to.not.match(/^(const|let|var)[^;]*require\(/m);
        expect(text).to.not.match(/^export [^;]*from "/m);
      });

      it("has no template of several lines, whose indentation would be lost", () => {
        const unclosed = text
          .split("\n")
          .filter((line) => (line.replaceAll("\\`", "").split("`").length - 1) % 2 === 1);
        expect(unclosed.filter((line) => !/^\s*(\*|\/\/)/.test(line))).to.deep.equal([]);
      });

      it("holds nothing at its top that serialises into something else", () => {
        expect(text).to.not.match(/^(export )?(const|let|var|class) [^\n]*\b(new [A-Z]|Symbol\(|Buffer\.|extends )/m);
        expect(text).to.not.match(/^\s*(static |#\w+|private #)/m);
      });
    });
  }
});
