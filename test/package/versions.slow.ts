import { execFileSync, type ExecFileSyncOptionsWithStringEncoding } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { packageRoot } from "../../contract/packageRoot";
import { npmInstall, packInto } from "../support/installing";

const root = packageRoot();

/** A consumer's program under mocks that only echo, as a CommonJS or as an ES module; prints what it made. */
const program = `
process.on("unhandledRejection", (error) => { console.error(error); process.exit(1); });
export async function main(inline) {
  const made = {};
  await pulumi.runtime.setMocks({
    newResource({ type, name, inputs }) {
      made[type] = (made[type] ?? 0) + 1;
      return { id: name + "-id", state: inputs };
    },
    call: ({ inputs }) => inputs,
  }, "project", "stack", false);
  const processors = [{ name: "count", handler: "word-count" }, { name: "convert", command: ["convert"], image: "own" }];
  if (inline) processors.push({ name: "greet", async handle(job) { return { text: "Hello " + job.payload.name }; } });
  await pulumi.runtime.runInPulumiStack(async () => ({ url: new BatchJobProcessor("media", { processors }).url }));
  await pulumi.runtime.disconnect();
  console.log(JSON.stringify(made));
}
main(process.argv[2] === "inline");
`;
const commonJs = `const pulumi = require("@pulumi/pulumi");
const { BatchJobProcessor } = require("batch-job-processor");
${program.replace("export ", "")}`;
const esModule = `import * as pulumi from "@pulumi/pulumi";
import { BatchJobProcessor } from "batch-job-processor";
${program}`;

/** As in Pulumi's own templates, whose resolution of modules knows no \`exports\`. */
const typed = `
import * as pulumi from "@pulumi/pulumi";
import { Authorization, BatchJobProcessor, Job } from "batch-job-processor";
import { runHandler } from "batch-job-processor/testing";
import { JobClient } from "batch-job-processor-client";
const jobs = new BatchJobProcessor("media", {
  authorization: Authorization.None,
  processors: [{ name: "greet", async handle(job: Job<{ name: string }>) { return job.payload.name; } }],
});
export const url: pulumi.Output<string> = jobs.url;
export const client = new JobClient({ url: "http://127.0.0.1:1/" });
export const tried = runHandler("./jobs/greet.ts", { payload: {} }).then(({ outcome }) => outcome === "succeeded");
// @ts-expect-error no such choice
export const wrong = new BatchJobProcessor("wrong", { authorization: "all", processors: [] });
`;

type Versions = Record<string, string>;

interface Project {
  folder: string;
  run: (...args: string[]) => string;
  remove: () => void;
}

/** A project with the packed package and the given versions beside it. */
async function install(versions: Versions): Promise<Project> {
  const folder = mkdtempSync(join(tmpdir(), "batch jobs "));
  const dependencies = {
    "batch-job-processor": `file:${packInto(folder)}`,
    "batch-job-processor-client": `file:${packInto(folder, "client")}`,
    ...versions,
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, dependencies }));
  writeFileSync(join(folder, "program.js"), commonJs);
  writeFileSync(join(folder, "program.mjs"), esModule);
  writeFileSync(join(folder, "typed.ts"), typed);
  const options: ExecFileSyncOptionsWithStringEncoding = {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  };
  await npmInstall(folder);
  return {
    folder,
    run: (...args) => execFileSync(process.execPath, args, options),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  peerDependencies: Versions;
  devDependencies: Versions;
};
const lowest = Object.fromEntries(
  Object.entries(manifest.peerDependencies).map(([name, range]) => [name, range.replace("^", "")]),
);
const newest = Object.fromEntries(Object.keys(lowest).map((name) => [name, manifest.devDependencies[name]!]));

describe("the package beside the oldest SDKs of its ranges", () => {
  let project: Project;
  before(async () => (project = await install({ ...lowest, typescript: "5.9.3", "@types/node": "20.19.43" })));
  after(() => project?.remove());

  it("is beside these and no others", () => {
    for (const [name, version] of Object.entries(lowest)) {
      const file = join(project.folder, "node_modules", name, "package.json");
      expect((JSON.parse(readFileSync(file, "utf8")) as { version: string }).version, name).to.equal(version);
    }
    expect(existsSync(join(project.folder, "node_modules", "batch-job-processor", "node_modules", "@pulumi"))).to.equal(
      false,
    );
  });

  it("has sources that compile against them", () => {
    const sources = join(project.folder, "sources");
    for (const part of ["components", "contract", "plugin"]) {
      cpSync(join(root, part), join(sources, part), { recursive: true });
    }
    // What only their types need.
    mkdirSync(join(sources, "node_modules", "@types"), { recursive: true });
    for (const name of ["@aws-sdk", "@types/aws-lambda"]) {
      symlinkSync(join(root, "node_modules", name), join(sources, "node_modules", name));
    }
    const { compilerOptions } = JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8")) as {
      compilerOptions: object;
    };
    const settings = { compilerOptions: { ...compilerOptions, types: ["node"] }, include: ["components", "plugin"] };
    writeFileSync(join(sources, "tsconfig.json"), JSON.stringify(settings));
    project.run("node_modules/typescript/bin/tsc", "-p", sources);
  });

  it("compiles in a project as Pulumi's templates make it", () => {
    const flags = "--noEmit --strict --skipLibCheck --target es2020 --module commonjs --moduleResolution node";
    project.run("node_modules/typescript/bin/tsc", ...flags.split(" "), "typed.ts");
  });

  it("comes up under a consumer's own mocks", () => {
    const made = JSON.parse(project.run("program.js", "inline")) as Record<string, number>;
    expect(made["aws:autoscaling/group:Group"]).to.equal(3);
    expect(made["aws:lambda/function:Function"]).to.equal(6);
  });
});

describe("the package beside the newest SDKs for Node.js 20, in plain JavaScript", () => {
  let project: Project;
  before(async () => (project = await install(newest)));
  after(() => project?.remove());

  it("has no TypeScript, so that Pulumi serialises functions with its own old one", () => {
    expect(existsSync(join(project.folder, "node_modules", "typescript"))).to.equal(false);
  });

  for (const file of ["program.js", "program.mjs"]) {
    it(`comes up from ${file === "program.js" ? "CommonJS" : "an ES module"}, with the functions' code`, () => {
      const made = JSON.parse(project.run(file)) as Record<string, number>;
      expect(made["aws:autoscaling/group:Group"]).to.equal(2);
      expect(made["aws:lambda/function:Function"]).to.equal(6);
    });

    it(`comes up from ${file === "program.js" ? "CommonJS" : "an ES module"} with an inline handler`, () => {
      const made = JSON.parse(project.run(file, "inline")) as Record<string, number>;
      expect(made["aws:s3/bucketObjectv2:BucketObjectv2"]).to.equal(1);
    });
  }
});
