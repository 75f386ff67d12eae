import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import ts from "typescript";
import { compilerProblem } from "../../contract/compilerProblem";
import { packageRoot } from "../../contract/packageRoot";

const root = packageRoot();
const sentence = "Expected TypeScript 5 or 6, got 7.0.2: TypeScript 7 has no API that Pulumi can use; npm install";

describe("TypeScript without a compiler API", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "without api "));
    // What TypeScript 7's main module gives.
    writeFileSync(
      join(folder, "seven.js"),
      `const { Module } = require("node:module");
       const load = Module._load;
       Module._load = (name, ...rest) => name === "typescript" ? { version: "7.0.2", versionMajorMinor: "7.0" } : load(name, ...rest);`,
    );
    writeFileSync(join(folder, "Pulumi.yaml"), "name: a\nruntime: nodejs\n");
    writeFileSync(join(folder, "Pulumi.dev.yaml"), "");
    writeFileSync(join(folder, "index.ts"), "export {};\n");
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  });
  after(() => rmSync(folder, { recursive: true }));

  function outputOf(...args: string[]): Promise<string> {
    const env = { PATH: process.env.PATH, NODE_NO_WARNINGS: "1" };
    return new Promise((resolve) =>
      execFile(process.execPath, ["-r", join(folder, "seven.js"), ...args], { cwd: folder, env }, (_, stdout, stderr) =>
        resolve(stdout + stderr),
      ),
    );
  }

  for (const [what, processor] of Object.entries({
    "with a handler of its own": `{ name: "a", handle: async () => 1 }`,
    "without one": `{ name: "a", handler: "word-count" }`,
  })) {
    it(`is refused by one sentence by a component ${what}`, async () => {
      const text = `
const pulumi = require("@pulumi/pulumi");
const { BatchJobProcessor } = require(${JSON.stringify(join(root, "dist/components"))});
try { new BatchJobProcessor("a", { processors: [${processor}] }); } catch (error) { console.log(error.message, pulumi.RunError.isInstance(error)); }
process.exit();`;
      expect(await outputOf("-e", text))
        .to.include(sentence)
        .and.match(/ true\n$/);
    });
  }

  it("is refused by one sentence by a local run", async () => {
    const output = await outputOf(join(root, "dist/cli/main.js"), "local", "-C", folder);
    expect(output).to.include(sentence).and.not.include("\n    at ");
  });

  it("is distinguished from one with it", () => {
    expect(compilerProblem(ts)).to.equal(undefined);
    expect(compilerProblem({})).to.include("got 7 or later");
  });
});
