import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { type CannedApi, startCannedApi } from "../client/support";
import { install, npmInstall, packInto } from "../support/installing";

/** As AWS Lambda runs Node 20 and 22. */
const withoutEsm = "--no-experimental-require-module";

const tools = { yarn: "1.22.22", pnpm: "10.34.9", jest: "30.5.2" };

/** Signs a request, so that what is loaded late is there too. */
const signing = `
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
const options = { url: process.env.BATCH_JOBS_URL, authorization: "iam", region: "eu-west-1", credentials };
`;
const commonJs = `const { JobClient } = require("batch-job-processor-client");${signing}
new JobClient(options).types().then((types) => console.log(JSON.stringify(types)));`;
const esModule = `import { JobClient } from "batch-job-processor-client";${signing}
console.log(JSON.stringify(await new JobClient(options).types()));`;
const jestTest = `const { JobClient } = require("batch-job-processor-client");${signing}
test("the client calls an API", async () => {
  expect(await new JobClient(options).types()).toEqual([]);
});
test("the component loads, or says what to install for it", () => {
  expect(() => require("batch-job-processor")).toThrow("npm install @pulumi/pulumi");
});`;

describe("the package, installed by another package manager", () => {
  let folder: string;
  let api: CannedApi;

  /** A tool of the shared folder. */
  const tool = (...path: string[]) => join(folder, "tools", "node_modules", ...path);

  async function node(project: string, ...args: string[]): Promise<string> {
    const env = {
      ...{ PATH: process.env.PATH, HOME: process.env.HOME, NODE_NO_WARNINGS: "1" },
      ...{ BATCH_JOBS_URL: api.url, AWS_EC2_METADATA_DISABLED: "true" },
    };
    return (await promisify(execFile)(process.execPath, args, { cwd: join(folder, project), env })).stdout;
  }

  before("packs it, and installs it beside nothing else, by each at once", async () => {
    folder = mkdtempSync(join(tmpdir(), "package managers "));
    api = await startCannedApi(() => ({ body: { types: [] } }));
    const dependencies = {
      "batch-job-processor": `file:../${packInto(folder)}`,
      "batch-job-processor-client": `file:../${packInto(folder, "client")}`,
    };
    for (const name of ["tools", "yarn", "pnpm"]) {
      mkdirSync(join(folder, name));
      const manifest = { private: true, dependencies: name === "tools" ? tools : dependencies };
      writeFileSync(join(folder, name, "package.json"), JSON.stringify({ name: `with-${name}`, ...manifest }));
    }
    for (const name of ["yarn", "pnpm"]) {
      writeFileSync(join(folder, name, "program.js"), commonJs);
      writeFileSync(join(folder, name, "program.mjs"), esModule);
      writeFileSync(join(folder, name, "client.test.js"), jestTest);
    }
    await npmInstall(join(folder, "tools"));
    // Each checks the engines of all packages: Yarn 1 of itself. Its own cache would give back an earlier file of the
    // name.
    const yarn = [tool("yarn", "bin", "yarn.js"), "install", "--no-progress", "--no-lockfile", "--ignore-scripts"];
    yarn.push("--cache-folder", join(folder, "cache"));
    const pnpm = [tool("pnpm", "bin", "pnpm.cjs"), "install", "--ignore-scripts", "--config.engine-strict=true"];
    await Promise.all([
      install(join(folder, "yarn"), process.execPath, ...yarn),
      install(join(folder, "pnpm"), process.execPath, ...pnpm, "--config.auto-install-peers=false"),
    ]);
  });

  after(async () => {
    await api?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const name of ["yarn", "pnpm"] as const) {
    it(`runs the client where require takes no ES module, after ${name} ${tools[name]}`, async () => {
      for (const program of ["program.js", "program.mjs"]) {
        expect(JSON.parse(await node(name, withoutEsm, program)), program).to.deep.equal([]);
        expect(api.requests.at(-1)!.headers.authorization, program).to.match(/^AWS4-HMAC-SHA256 /);
      }
    });

    it(`runs the command line where require takes no ES module, after ${name} ${tools[name]}`, async () => {
      const main = join("node_modules", "batch-job-processor", "dist", "cli", "main.js");
      expect(await node(name, withoutEsm, main, "--help")).to.include("dead-letters");
      expect(JSON.parse(await node(name, withoutEsm, main, "types", "--json"))).to.deep.equal({ types: [] });
    });
  }

  it(`runs the client under Jest ${tools.jest}`, async () => {
    const jest = [tool("jest", "bin", "jest.js"), "--rootDir", ".", "--runInBand", "--no-watchman"];
    await node("yarn", ...jest, "--testEnvironment", tool("jest-environment-node"));
  });
});

describe("an install without a registry", () => {
  it("says that the registry can't be reached", async () => {
    const folder = mkdtempSync(join(tmpdir(), "no registry "));
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
    const args = ["no-such-package-here", "--registry=http://127.0.0.1:9/", "--fetch-retries=0"];
    const failure = await npmInstall(folder, ...args).then(
      () => undefined,
      (error: Error) => error.message,
    );
    rmSync(folder, { recursive: true });
    expect(failure).to.include("can't be reached, from which this suite installs packages");
  });
});
