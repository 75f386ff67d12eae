import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { build } from "esbuild";
import { packageRoot } from "../../contract/packageRoot";
import { type CannedApi, startCannedApi } from "../client/support";

const root = packageRoot();
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  main: string;
  exports: Record<string, string | Record<string, string>>;
  bin: Record<string, string>;
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
};

/** As AWS Lambda runs Node 20 and 22, and as Jest loads modules everywhere. */
const withoutEsm = "--no-experimental-require-module";

async function node(...args: string[]): Promise<string> {
  const env = { PATH: process.env.PATH, NODE_NO_WARNINGS: "1" };
  return (await promisify(execFile)(process.execPath, args, { cwd: root, env })).stdout;
}

describe("what the package loads", () => {
  it("loads by require where that takes no ES module: each entry, and the command line", async () => {
    const entries = Object.values(manifest.exports).map((entry) =>
      typeof entry === "string" ? entry : entry.default!,
    );
    for (const file of [...entries, manifest.main, "client/dist/index.js", "local-cloud/dist/index.js"].filter((name) =>
      name.endsWith(".js"),
    )) {
      // The plugin's entry serves Pulumi as soon as it is loaded.
      if (file === manifest.main) continue;
      const names = await node(withoutEsm, "-p", `Object.keys(require(${JSON.stringify(join(root, file))})).join()`);
      expect(names, file).to.match(/JobClient|BatchJobProcessor|defineJob|runHandler|startCloud/);
    }
    for (const file of Object.values(manifest.bin)) {
      expect(await node(withoutEsm, file, "--help")).to.match(/^ {2}(dead-letters|init) /m);
    }
  });

  it("has no import() in what a consumer's tests load, since Jest can't run one in CommonJS", () => {
    const files = ["dist/components", "dist/contract", "dist/testing", "client/dist"].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true }).map((file) => join(root, folder, String(file))),
    );
    const code = files.filter((file) => file.endsWith(".js"));
    expect(code.length).to.be.greaterThan(80);
    for (const file of code) expect(readFileSync(file, "utf8"), file).not.to.match(/\bimport\(/);
    expect(readFileSync(join(root, "client", "dist", "index.js"), "utf8")).to.include("=> __toESM(require(");
  });

  it("has no dependency that is an ES module only", async () => {
    const names = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
    expect(names).to.include.members(["@aws-sdk/client-sqs", "commander", "croner", "undici"]);
    const failures = await node(
      withoutEsm,
      "-p",
      `JSON.stringify(${JSON.stringify(names)}.filter((name) => { try { require(name); } catch { return true; } }))`,
    );
    // It has entries, and no main one.
    expect((JSON.parse(failures) as string[]).filter((name) => name !== "@smithy/core")).to.deep.equal([]);
  });

  it("loads each file by require, but those that run a command", async () => {
    const commands = ["cli/main.js", "cli/init/main.js", "plugin/main.js"];
    const handlers = ["components/handlers/jobs/handlerFileReader.js", "components/handlers/jobs/jobLoader.js"];
    const children = ["local-cloud/lambda/bootstrap.js", ...handlers];
    const files = ["client", "cli", "components", "contract", "functions", "local-cloud", "testing"]
      .flatMap((folder) =>
        readdirSync(join(root, "dist", folder), { recursive: true }).map((file) => `${folder}/${String(file)}`),
      )
      .filter((file) => file.endsWith(".js") && ![...commands, ...children].includes(file));
    expect(files.length).to.be.greaterThan(100);
    const paths = JSON.stringify(files.map((file) => join(root, "dist", file)));
    const failures = await node(
      withoutEsm,
      "-e",
      `const failures = ${paths}.flatMap((file) => { try { require(file); return []; } catch (error) { return [file + ": " + error]; } });
       console.log(JSON.stringify(failures)); process.exit();`,
    );
    expect(JSON.parse(failures)).to.deep.equal([]);
  });

  describe("bundled by esbuild", () => {
    let api: CannedApi;
    let folder: string;

    before(async () => {
      api = await startCannedApi(() => ({ body: { types: [] } }));
      folder = mkdtempSync(join(tmpdir(), "bundled client "));
    });

    after(async () => {
      await api.close();
      rmSync(folder, { recursive: true });
    });

    /** Signs a request, so that what is loaded late is there too. */
    const program = (url: string) => `
import { JobClient, JobProblemError } from "batch-job-processor-client";
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
const jobs = new JobClient({ url: ${JSON.stringify(url)}, authorization: "iam", region: "eu-west-1", credentials });
jobs.types().then((types) => console.log(JSON.stringify({ types, isSound: typeof JobProblemError === "function" })));
`;

    for (const format of ["cjs", "esm"] as const) {
      it(`the client runs as ${format}`, async () => {
        const outfile = join(folder, format === "esm" ? "bundle.mjs" : "bundle.js");
        const stdin = { contents: program(api.url), resolveDir: root };
        await build({ stdin, outfile, format, bundle: true, platform: "node", logLevel: "error" });
        writeFileSync(join(folder, "package.json"), "{}");
        expect(JSON.parse(await node(withoutEsm, outfile))).to.deep.equal({ types: [], isSound: true });
        expect(api.requests.at(-1)!.headers.authorization).to.match(/^AWS4-HMAC-SHA256 /);
      });
    }
  });
});
