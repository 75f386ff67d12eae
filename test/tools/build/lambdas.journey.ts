import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { lambdaCode, type LambdaName } from "../../../components/pipeline/lambdaCode";
import { packageRoot } from "../../../contract/packageRoot";

const root = packageRoot();
const names: LambdaName[] = ["frontend", "operator", "router", "repair", "removal", "scaler"];

describe("the Lambdas' text", () => {
  let folder: string;
  const fileOf = (name: LambdaName) => join(folder, "dist", "lambdas", `${name}.js`);
  const build = (...args: string[]) =>
    execFileSync(process.execPath, [join(folder, "tools", "build", "lambdas.mjs"), ...args], { encoding: "utf8" });

  /** Reads in a process of its own: what was read once stays as it was. */
  function read(name: LambdaName): string | Error {
    const script = `
      require("./test/support/loader.cjs");
      const { lambdaCode } = require("./components/pipeline/lambdaCode");
      try { lambdaCode(${JSON.stringify(name)}, ${JSON.stringify(folder)}); } catch (error) { console.log(error.message); }`;
    const { stdout } = spawnSync(process.execPath, ["-e", script], { cwd: root, encoding: "utf8" });
    return stdout.trim();
  }

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "another folder "));
    for (const name of ["contract", "functions", "tools", "dist/lambdas"]) {
      cpSync(join(root, name), join(folder, name), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  });
  after(() => rmSync(folder, { recursive: true }));

  it("is the same to the byte in another folder, whose path is nowhere in it", () => {
    rmSync(join(folder, "dist"), { recursive: true });
    expect(build().split("\n").filter(Boolean)).to.have.length(names.length);
    for (const name of names) {
      const text = readFileSync(fileOf(name), "utf8");
      expect(text === lambdaCode(name), name).to.equal(true);
      expect(text).to.not.include(folder);
    }
    expect(build("--if-stale")).to.equal("");
  });

  it("is refused once its sources are others, and only then, whatever their times", () => {
    const file = join(folder, "contract", "limits.ts");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace("240_000", "240_001"));
    utimesSync(file, 1, 1);
    expect(read("router")).to.equal(
      "functions/ or contract/ changed since the Lambda code was built: run npm run build",
    );
    writeFileSync(file, text);
    utimesSync(file, 2, 2);
    expect(statSync(file).mtimeMs).to.equal(2_000);
    expect(read("router")).to.equal("");
    rmSync(join(folder, "functions", "shared", "log.ts"));
    expect(read("router")).to.include("run npm run build");
    cpSync(join(root, "functions", "shared", "log.ts"), join(folder, "functions", "shared", "log.ts"));
    expect(read("router")).to.equal("");
  });

  it("is refused where it is another than was built, or none", () => {
    const text = readFileSync(fileOf("scaler"), "utf8");
    writeFileSync(fileOf("scaler"), `${text}\n`);
    expect(() => lambdaCode("scaler", folder)).to.throw(pulumi.RunError, /another text: run npm run build$/);
    rmSync(fileOf("scaler"));
    expect(() => lambdaCode("scaler", folder)).to.throw(pulumi.RunError, /ENOENT.*: run npm run build$/);
    // As a package is installed: without sources, which nobody can build there.
    rmSync(join(folder, "functions"), { recursive: true });
    expect(() => lambdaCode("scaler", folder)).to.throw(pulumi.RunError, /: install batch-job-processor again$/);
    expect(lambdaCode("router", folder)).to.equal(lambdaCode("router"));
  });
});
