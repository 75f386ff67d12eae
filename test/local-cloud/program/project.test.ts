import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { packageRoot } from "../../../contract/packageRoot";
import { placeOf } from "../../../local-cloud/program/loadProgram";
import { findProject } from "../../../local-cloud/program/project";

describe("findProject", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "project "))));
  afterEach(() => rmSync(folder, { recursive: true }));

  function write(files: Record<string, string>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
  }

  it("finds the nearest Pulumi.yaml above, and the program it names", () => {
    write({
      "Pulumi.yaml": "name: a\nruntime: nodejs\nmain: src/program.ts\n",
      "src/program.ts": "",
      "src/deep/x": "",
    });
    const project = findProject(join(folder, "src", "deep"));
    expect(project).to.include({ folder, name: "a", entry: join(folder, "src/program.ts"), stackFolder: folder });
    expect(project).to.include({ workingFolder: join(folder, "src"), tsConfig: join(folder, "src/tsconfig.json") });
  });

  it("takes a folder's package.json at its word, if what it names is there, else its index", () => {
    write({ "Pulumi.json": '{"name": "a", "runtime": {"name": "nodejs"}}', "package.json": '{"main": "lib/"}' });
    write({ "index.ts": "" });
    expect(findProject(folder).entry).to.equal(join(folder, "index.ts"));
    write({ "lib/index.js": "" });
    expect(findProject(folder).entry).to.equal(join(folder, "lib/index.js"));
  });

  it("reads settings of all stacks: values, those with a type and a default, and those of providers", () => {
    const config =
      "  a: 1\n  b: { type: boolean, default: false }\n  c: { type: string }\n  aws:region: { value: x }\n";
    const options = "runtime: { name: nodejs, options: { tsconfig: other.json } }\nstackConfigDir: stacks\n";
    write({ "Pulumi.yaml": `name: p\n${options}config:\n${config}`, "index.js": "" });
    const project = findProject(folder);
    expect(project.config).to.deep.equal({ "p:a": "1", "p:b": "false", "aws:region": "x" });
    expect(project).to.include({ tsConfig: join(folder, "other.json"), stackFolder: join(folder, "stacks") });
  });
});

describe("placeOf", () => {
  const place = (stack: string, folder = "/home/a project") =>
    placeOf(Object.assign(new Error("x"), { stack }), { folder });

  it("is the topmost line within the program, if there is one", () => {
    const lines = "Error: x (y:1:2)\n    at f (/home/a project/node_modules/m/i.js:1:1)\n";
    expect(place(`${lines}    at g (/home/a project/lib/b.ts:3:4)\n    at /home/a project/c.ts:5:6`)).to.equal(
      "lib/b.ts:3:4",
    );
    expect(place(`${lines}    at async file:///home/a project/c.mjs:5:6`)).to.equal("c.mjs:5:6");
    expect(place(`${lines}    at g (/home/another/b.ts:3:4)`)).to.equal(undefined);
  });

  it("is undefined in what runs the program, though the project's folder holds that", () => {
    const own = ["local-cloud/pulumi/stackFiles.js", "cli/local/bringUp.js"].map(
      (file) => `    at f (${join(packageRoot(), "dist", file)}:3:4)\n`,
    );
    expect(place(own.join(""), packageRoot())).to.equal(undefined);
    expect(place(`${own.join("")}    at ${join(packageRoot(), "index.ts")}:5:6`, packageRoot())).to.equal(
      "index.ts:5:6",
    );
  });
});
