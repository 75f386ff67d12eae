import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "chai";
import { packageRoot } from "../../../contract/packageRoot";
import { cliMain, jsonOf, spawnCli } from "../../cli/support";
import { isRunning, until } from "../../local-cloud/support";
import { freePort } from "../../support/freePort";
import { descendants } from "../support/processes";

const program = `import * as pulumi from "@pulumi/pulumi";
import { BatchJobProcessor } from "batch-job-processor";
import { endOf } from "./lib/endOf";

const config = new pulumi.Config();
const greeting: string = config.require("greeting");
const end = endOf(config.requireNumber("marks"));
console.log("said by the program");
const jobs = new BatchJobProcessor("media", {
  processors: [{ name: "greet", async handle(job: { payload: unknown }) { return \`\${greeting} \${String(job.payload)}\${end}\`; } }],
});
export const address = jobs.url;
`;

/** A consumer's project, outside of this tree, which has the package installed. */
function createProject(files: Record<string, string>): { folder: string; remove: () => void } {
  const parent = mkdtempSync(join(tmpdir(), "batch jobs "));
  const folder = join(parent, "a project");
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  mkdirSync(join(folder, "lib"));
  const link = (target: string, name: string) => symlinkSync(target, join(folder, "node_modules", name));
  link(packageRoot(), "batch-job-processor");
  for (const name of ["@pulumi", "typescript"]) link(join(packageRoot(), "node_modules", name), name);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return { folder, remove: () => rmSync(parent, { recursive: true, force: true }) };
}

const pulumiYaml = "name: media\nruntime: nodejs\nconfig:\n  greeting: Hello\n  marks:\n    default: 1\n";

describe("batch-jobs local", () => {
  const { folder, remove } = createProject({
    "Pulumi.yaml": pulumiYaml,
    "Pulumi.dev.yaml": "config:\n  aws:region: eu-central-1\n",
    "Pulumi.loud.yaml": "config:\n  media:marks: 3\n",
    "index.ts": program,
    "lib/endOf.ts": `export const endOf = (count: number): string => "!".repeat(count);\n`,
  });
  const children = new Set<ChildProcess>();

  after(() => {
    for (const child of children) child.kill("SIGKILL");
    remove();
  });

  function start(args: string[], cwd = folder): { child: ChildProcess; said: () => string } {
    const { PATH, XDG_STATE_HOME } = process.env;
    const env = { PATH, XDG_STATE_HOME, NODE_NO_WARNINGS: "1" };
    const child = spawn(process.execPath, [cliMain, "local", ...args], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    children.add(child);
    let said = "";
    child.stderr.on("data", (chunk) => (said += String(chunk)));
    return { child, said: () => said };
  }

  it("runs a consumer's program in TypeScript until Ctrl-C, and the other commands work on it", async () => {
    const { child, said } = start(["--json"]);
    const [line] = (await once(createInterface(child.stdout!), "line")) as [string];
    const addresses = JSON.parse(line) as { url: string; region: string; outputs: object };
    expect(addresses).to.deep.include({ region: "eu-central-1", outputs: { address: addresses.url } });
    await until(
      () => said() === "said by the program\n",
      () => `the program's own line, got ${said()}`,
    );
    const env = { BATCH_JOBS_URL: addresses.url };
    const submitted = await spawnCli(["submit", "greet", '"you"', "--wait", "--json"], { env });
    expect(jsonOf(submitted), submitted.stderr).to.include({ state: "succeeded", result: "Hello you!" });
    const { id } = jsonOf<{ id: string }>(submitted);
    expect((await spawnCli(["status", id], { env })).stdout).to.match(/^state +succeeded$/m);
    const all = descendants(child.pid!);
    expect(all.length).to.be.greaterThan(1);
    child.kill("SIGINT");
    const [code] = (await once(child, "exit")) as [number];
    expect(code).to.equal(0);
    await until(() => all.every((pid) => !isRunning(pid)));
  });

  it("runs components in two regions, and says which API is where", async () => {
    const regional = createProject({
      "Pulumi.yaml": "name: regional\nruntime: nodejs\n",
      "Pulumi.dev.yaml": "config: {}\n",
      "index.ts": `import * as aws from "@pulumi/aws";
import { BatchJobProcessor } from "batch-job-processor";
for (const region of ["us-east-1", "us-west-2"] as const) {
  const processors = [{ name: "where", handle: () => Promise.resolve(process.env.AWS_REGION) }];
  new BatchJobProcessor(region, { processors }, { provider: new aws.Provider(region, { region }) });
}
`,
    });
    const { child } = start([], regional.folder);
    let told = "";
    child.stdout!.on("data", (chunk) => (told += String(chunk)));
    await until(() => told.includes("aws sqs list-queues"));
    const urls = [...told.matchAll(/^ {2}API +(\S+)\n {2}Region +(\S+)$/gm)].map(([, url, region]) => ({
      url,
      region,
    }));
    expect(urls.map(({ region }) => region)).to.deep.equal(["us-east-1", "us-west-2"]);
    for (const { url, region } of urls) {
      const submitted = await spawnCli(["submit", "where", "1", "--wait", "--url", url!, "--json"]);
      expect(jsonOf(submitted), submitted.stderr).to.include({ result: region });
    }
    child.kill("SIGINT");
    await once(child, "exit");
    regional.remove();
  });

  it("takes another stack and a port, from a folder within the project, in which the other commands find it", async () => {
    const port = await freePort();
    const { child, said } = start(["--stack", "loud", "--port", String(port)], join(folder, "lib"));
    await until(
      () => said().startsWith("Bringing up the stack loud …\n"),
      () => `the first line, got ${said()}`,
    );
    let text = "";
    child.stdout!.on("data", (chunk) => (text += String(chunk)));
    await until(() => text.includes("Look behind it"));
    expect(text).to.include(`export BATCH_JOBS_URL=http://127.0.0.1:${port}/\n`).and.include("greet");
    const { stdout } = await spawnCli(["submit", "greet", "1", "--wait", "--json"], { cwd: join(folder, "lib") });
    expect(JSON.parse(stdout)).to.include({ result: "Hello 1!!!" });
    child.kill("SIGTERM");
    await once(child, "exit");
  });

  const refusal = (args: string[], cwd = folder, env = {}) => spawnCli(["local", ...args], { cwd, env });

  it("says that there is no project, or no stack file, and what there is", async () => {
    const none = await refusal(["-C", tmpdir()]);
    expect(none.code).to.equal(1);
    expect(none.stderr).to.match(/^✖ Expected a Pulumi\.yaml in .* or above, found none\n$/);
    const other = await refusal(["--stack", "prod"]);
    expect(other.code).to.equal(1);
    expect(other.stderr).to.include("Pulumi.prod.yaml").and.include("--stack dev, --stack loud");
  });

  it("says that the port is taken or invalid", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const { code, stderr } = await refusal(["--port", String(port)]);
    server.close();
    expect(code).to.equal(1);
    expect(stderr).to.include(`Port ${port} is taken`);
    expect(await refusal(["--port", "80a"])).to.include({ code: 2 });
    expect((await refusal(["--inspect=0.0.0.0:9229"])).stderr).to.include("Expected a port");
  });

  const broken = (files: Record<string, string>, env = {}) => {
    const project = createProject({ "Pulumi.yaml": pulumiYaml, "Pulumi.dev.yaml": "", ...files });
    return refusal([], project.folder, env).finally(project.remove);
  };

  const begun = "Bringing up the stack dev …\n";

  it("says where a program throws, at its top and within an apply", async () => {
    const thrown = await broken({ "index.ts": "const a: string = `1`;\n\nthrow new TypeError(`wrong ${a}`);\n" });
    expect(thrown).to.include({ code: 1, stdout: "", stderr: `${begun}✖ index.ts:3:7: wrong 1\n` });
    const late = `const pulumi = require("@pulumi/pulumi");\npulumi.output(1).apply((one) => one.none.such);\n`;
    const { code, stderr } = await broken({ "index.js": late });
    expect(code).to.equal(1);
    expect(stderr).to.match(/^Bringing up .*\n✖ index\.js:2:\d+: Cannot read properties of undefined/);
  });

  it("says everything that is wrong with a component's inputs", async () => {
    const wrong = `const { BatchJobProcessor } = require("batch-job-processor");
new BatchJobProcessor("x", { processors: [{ name: "A", handler: "x" }, { name: "b", handler: "x", slots: "many" }] });`;
    const { code, stderr } = await broken({ "index.js": wrong });
    expect(code).to.equal(1);
    expect(stderr).to.include("processors[0].name").and.include("processors[1].slots");
  });

  it("refuses what it can't run", async () => {
    const python = await broken({ "Pulumi.yaml": "name: media\nruntime: python\n" }, { PATH: "" });
    expect(python).to.include({ code: 1, stdout: "" });
    expect(python.stderr).to.include(
      "Expected the Pulumi CLI on the PATH, which runs programs in python, found none: https:",
    );
    const empty = await broken({ "Pulumi.yaml": "name: media\nruntime: nodejs\nmain: src/\n" });
    expect(empty.stderr).to.include("Expected the program at src/, found none");
    const module = await broken({ "package.json": '{"type": "module"}', "index.ts": "export {};" });
    expect(module.stderr).to.include("ES module in TypeScript");
    const yaml = await broken({ "Pulumi.yaml": "a: [", "index.js": "" });
    expect(yaml.code).to.equal(1);
    expect(yaml.stderr).to.include("Pulumi.yaml: ");
    const secret = await broken({ "Pulumi.dev.yaml": "config:\n  media:key:\n    secure: v1:abc\n", "index.js": "" });
    expect(secret.stderr).to.include("media:key is encrypted");
  });
});
