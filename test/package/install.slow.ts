import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "chai";
import { BatchJobProcessor } from "../../components";
import { npmInstall, packInto } from "../support/installing";
import { record } from "../support/record";

const root = join(__dirname, "..", "..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  devDependencies: Record<string, string>;
};
const processors = [{ name: "word-count", handler: "word-count" }];

interface Built {
  urns: string[];
  archives: Record<string, Record<string, string>>;
}

/** A consumer's program under mocks: prints the URNs it registered and what is in its archives. */
const program = `
const pulumi = require("@pulumi/pulumi");
const naive = process.argv[2] === "naive";
process.on("unhandledRejection", (error) => { console.error(error); process.exit(1); });
const archives = {};
const urns = [];
async function main() {
  await pulumi.runtime.setMocks({
    newResource({ type, name, inputs }) {
      if (type === "aws:lambda/function:Function") archives[name] = inputs.code;
      const made = { invokeUrl: "https://api.example/", arn: "arn:" + name, url: "https://queue.example/" + name, name, vpcId: "vpc-1", publicSubnetIds: ["subnet-1"], imageUri: "image", latestVersion: 1 };
      return { id: name + "-id", state: naive ? inputs : { ...made, ...inputs } };
    },
    call: ({ inputs }) => (naive ? inputs : { region: "us-east-1", partition: "aws", value: "ami-1" }),
  }, "project", "stack", false);
  const monitor = pulumi.runtime.getMonitor();
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => register(request, (error, response) => {
    if (response) urns.push(response.getUrn());
    callback(error, response);
  });
  const { BatchJobProcessor } = require("batch-job-processor");
  await pulumi.runtime.runInPulumiStack(async () => {
    const jobs = new BatchJobProcessor("media", { processors: ${JSON.stringify(processors)} });
    return { url: jobs.url };
  });
  await pulumi.runtime.disconnect();
  const texts = {};
  for (const [name, code] of Object.entries(archives)) {
    texts[name] = {};
    for (const [file, asset] of Object.entries(await code.assets)) texts[name][file] = await asset.text;
  }
  console.log(JSON.stringify({ urns: urns.sort(), archives: texts }));
}
main();
`;

/** Compiled by the consumer, to see that the package's types reach it. */
const typed = `
import { BatchJobProcessor, BatchJobProcessorArgs, ProcessorArgs } from "batch-job-processor";
const processor: ProcessorArgs = { name: "word-count", handler: "word-count" };
const args: BatchJobProcessorArgs = { processors: [processor] };
export const url = new BatchJobProcessor("media", args).url.apply((text) => text.length);
import { Job, JobClient } from "batch-job-processor-client";
const client = new JobClient<{ a: { payload: number; result: string } }>({ url: "http://127.0.0.1:1/" });
export const ended: Promise<Job<string>> = client.submit("a", 1).then((job) => client.wait(job));
// @ts-expect-error a payload is a number
export const refused = client.submit("a", "1");
// @ts-expect-error a processor needs a name
export const wrong: ProcessorArgs = { handler: "x" };
`;

const localProgram = `
import { BatchJobProcessor, Job } from "batch-job-processor";
const greeting: string = "Hello";
new BatchJobProcessor("media", {
  processors: [
    { name: "greet", async handle(job: Job<string>) { return greeting + " " + job.payload; } },
    { name: "word-count", handler: "word-count" },
  ],
});
`;

describe("the client's package, installed alone", () => {
  it("brings no Pulumi, and less than 15 MB", async () => {
    const folder = mkdtempSync(join(tmpdir(), "client alone "));
    try {
      const dependencies = { "batch-job-processor-client": `file:${packInto(folder, "client")}` };
      writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies }));
      await npmInstall(folder, "--engine-strict");
      const modules = join(folder, "node_modules");
      expect(readdirSync(modules)).to.include("batch-job-processor-client").and.not.to.include("@pulumi");
      const files = readdirSync(modules, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
      expect(bytes).to.be.lessThan(15e6);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("the local cloud's package, installed beside Pulumi alone", () => {
  const program = `
import { deploy, type LocalCloud, startCloud } from "batch-job-processor-local";
startCloud({ workerMain: "none" }).then(async (cloud: LocalCloud) => {
  const outputs = await deploy({ program: () => ({ queues: cloud.groups.list().length }), cloud, project: "own", stack: "dev" });
  await cloud.stop();
  console.log(JSON.stringify(outputs));
});`;

  it("has types, comes up and deploys, where require takes no ES module", async () => {
    const folder = mkdtempSync(join(tmpdir(), "local cloud alone "));
    try {
      const { devDependencies } = manifest;
      const pinned = ["@pulumi/pulumi", "@types/node", "typescript"].map((name) => [name, devDependencies[name]]);
      const dependencies = {
        "batch-job-processor-local": `file:${packInto(folder, "local-cloud")}`,
        ...(Object.fromEntries(pinned) as object),
      };
      writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies }));
      await npmInstall(folder, "--engine-strict");
      writeFileSync(join(folder, "program.ts"), program);
      const node = (...args: string[]) => execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
      const tsc = "--strict --skipLibCheck --target es2022 --module node20 --types node".split(" ");
      node("node_modules/typescript/bin/tsc", ...tsc, "program.ts");
      expect(node("--no-experimental-require-module", "program.js")).to.equal('{"queues":0}\n');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("the package, installed", () => {
  let folder: string;
  const run = (command: string, ...args: string[]) =>
    execFileSync(command, args, {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
      maxBuffer: 64e6,
    });
  const build = (style: "helpful" | "naive") => JSON.parse(run(process.execPath, "program.js", style)) as Built;

  before("packs and installs it into a project with other dependencies, whose engines are all checked", async () => {
    folder = join(mkdtempSync(join(tmpdir(), "batch jobs ")), "a project");
    mkdirSync(folder);
    const filename = packInto(folder);
    const client = packInto(folder, "client");
    const { devDependencies } = manifest;
    const pinned = ["@pulumi/pulumi", "@pulumi/aws", "@pulumi/awsx", "typescript", "mocha"];
    writeFileSync(
      join(folder, "package.json"),
      JSON.stringify({
        name: "consumer",
        version: "1.0.0",
        dependencies: {
          "batch-job-processor": `file:${filename}`,
          "batch-job-processor-client": `file:${client}`,
          ...Object.fromEntries(pinned.map((name) => [name, devDependencies[name]])),
        },
      }),
    );
    writeFileSync(join(folder, "program.js"), program);
    writeFileSync(join(folder, "typed.ts"), typed);
    await npmInstall(folder, "--engine-strict");
  });

  after(() => {
    rmSync(join(folder, ".."), { recursive: true, force: true });
  });

  it("makes the same resources as from its sources, under helpful mocks and under naive ones", async function () {
    const sources = await record(() => new BatchJobProcessor("media", { processors }));
    const expected = sources.resources.map(({ urn }) => urn).sort();
    expect(build("helpful").urns).to.deep.equal(expected);
    expect(build("naive").urns).to.deep.equal(expected);
  });

  it("makes archives of the Lambdas' text, which needs nothing but the AWS SDK", function () {
    const { archives } = build("helpful");
    const texts = Object.values(archives).map((files) => files["__index.js"]!);
    const digests = texts.map((text) => createHash("sha256").update(text).digest("hex"));
    const { lambdas } = JSON.parse(readFileSync(join(root, "dist", "lambdas", "manifest.json"), "utf8")) as {
      lambdas: Record<string, { sha256: string }>;
    };
    expect(digests.sort()).to.deep.equal(
      Object.values(lambdas)
        .map(({ sha256 }) => sha256)
        .sort(),
    );
    for (const [name, files] of Object.entries(archives)) {
      const others = name === "media-api-frontend-function" ? ["openapi.json"] : [];
      expect(Object.keys(files), name).to.deep.equal(["__index.js", ...others]);
      const text = files["__index.js"]!;
      for (const [, required] of text.matchAll(/require\("([^"]+)"\)/g)) {
        expect(required, name).to.match(/^(@aws-sdk\/|node:)/);
      }
    }
  });

  it("makes a front end that runs", function () {
    const code = build("helpful").archives["media-api-frontend-function"]!["__index.js"]!;
    const bare = join(folder, "..", "bare");
    mkdirSync(bare, { recursive: true });
    writeFileSync(join(bare, "__index.js"), code);
    const event = JSON.stringify({
      version: "2.0",
      routeKey: "$default",
      rawPath: "/health",
      rawQueryString: "",
      headers: {},
      requestContext: { http: { method: "GET", path: "/health" } },
      isBase64Encoded: false,
    });
    const answer = execFileSync(
      process.execPath,
      ["-e", `require("./__index.js").handler(${event}).then((answer) => console.log(JSON.stringify(answer)))`],
      {
        cwd: bare,
        encoding: "utf8",
        env: {
          PATH: process.env.PATH,
          NODE_NO_WARNINGS: "1",
          NODE_PATH: join(root, "node_modules"),
          AWS_REGION: "us-east-1",
          AWS_ACCESS_KEY_ID: "x",
          AWS_SECRET_ACCESS_KEY: "x",
          TOPIC_ARN: "arn:aws:sns:us-east-1:123456789012:topic",
          JOB_TABLE: "records",
          PAYLOAD_TABLE: "payloads",
          TYPE_TABLE: "types",
          FLEET_TABLE: "fleets",
          OPERATOR_FUNCTION: "operator",
          SCALER_FUNCTION: "scaler",
          REMOVAL_FUNCTION: "removal",
          SCHEDULE_GROUP: "jobs",
          SCHEDULE_ROLE_ARN: "arn:aws:iam::123456789012:role/publisher",
          SCHEDULE_DEAD_LETTER_ARN: "arn:aws:sqs:us-east-1:123456789012:undelivered",
        },
      },
    );
    expect(JSON.parse(answer)).to.include({ statusCode: 200 });
  });

  it("has types that a TypeScript program compiles against", () => {
    run(
      process.execPath,
      "node_modules/typescript/bin/tsc",
      "--noEmit",
      "--strict",
      "--skipLibCheck",
      "--target",
      "es2022",
      "--module",
      "node20",
      "typed.ts",
    );
  });

  it("has a client that loads without Pulumi, and a command line", () => {
    const loaded = `const { JobClient } = require("batch-job-processor-client");
new JobClient({ url: "http://127.0.0.1:1/" });
console.log(Object.keys(require.cache).filter((file) => /@pulumi|@aws-sdk/.test(file)).length);`;
    expect(run(process.execPath, "-e", loaded)).to.equal("0\n");
    const imported = 'import { JobClient } from "batch-job-processor-client"; console.log(typeof JobClient);';
    expect(run(process.execPath, "--input-type=module", "-e", imported)).to.equal("function\n");
    expect(run(join(folder, "node_modules", ".bin", "batch-jobs"), "--help")).to.include("dead-letters");
  });

  it("runs a program on this machine, by the local cloud that it holds", async () => {
    const project = join(folder, "local");
    mkdirSync(project);
    writeFileSync(join(project, "Pulumi.yaml"), "name: consumer\nruntime: nodejs\n");
    writeFileSync(join(project, "Pulumi.dev.yaml"), "");
    writeFileSync(join(project, "index.ts"), localProgram);
    const bin = join(folder, "node_modules", ".bin", "batch-jobs");
    const env = { PATH: process.env.PATH, NODE_NO_WARNINGS: "1" };
    const child = spawn(bin, ["local", "--json"], { cwd: project, env, stdio: ["ignore", "pipe", "inherit"] });
    try {
      const [line] = (await once(createInterface(child.stdout), "line")) as [string];
      const { url } = JSON.parse(line) as { url: string };
      const submit = (...args: string[]) =>
        JSON.parse(run(bin, "--url", url, "submit", ...args, "--wait", "--json")) as object;
      expect(submit("greet", '"you"')).to.deep.include({ state: "succeeded", result: "Hello you" });
      expect(submit("word-count", '{"text": "to be"}')).to.have.nested.property("result.words", 2);
    } finally {
      child.kill("SIGINT");
      await once(child, "exit");
    }
    expect(child.exitCode).to.equal(0);
  });

  it("says what to install where the local cloud's packages were left out", () => {
    rmSync(join(folder, "node_modules", "dynalite"), { recursive: true });
    const { status, stderr } = spawnSync(join(folder, "node_modules", ".bin", "batch-jobs"), ["local"], {
      cwd: join(folder, "local"),
      // Where CI is set, colours are taken to be welcome.
      env: { ...process.env, NO_COLOR: "1" },
      encoding: "utf8",
    });
    expect(status).to.equal(1);
    expect(stderr).to.match(/optional, are not installed\n.*npm install --save-dev dynalite@\d+\.\d+\.\d+\n/);
  });

  it("holds the worker image's build context", () => {
    const context = join(folder, "node_modules", "batch-job-processor", "worker-image");
    for (const file of ["Dockerfile", "package.json", "package-lock.json", "dist/main.js"]) {
      expect(readFileSync(join(context, file), "utf8"), file).not.to.equal("");
    }
  });
});
