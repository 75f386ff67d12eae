import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";
import { packageRoot } from "../../../contract/packageRoot";

const root = packageRoot();

describe("the local cloud's Pulumi SDK", () => {
  it("loads npm's arborist when a program has code paths computed, and not before", () => {
    const script = `
const counted = () => Object.keys(require.cache).filter((file) => file.includes("@npmcli/arborist")).length;
require("./local-cloud/index.ts");
const before = counted();
require("@pulumi/pulumi").runtime.computeCodePaths().then((paths) => console.log(before, counted() > 50, paths.size > 0));`;
    const loader = join(root, "test", "support", "loader.cjs");
    const output = execFileSync(process.execPath, ["-r", loader, "-e", script], { cwd: root, encoding: "utf8" });
    expect(output).to.equal("1 true true\n");
  });
});
