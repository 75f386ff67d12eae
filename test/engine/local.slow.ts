import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "chai";
import { packageRoot } from "../../contract/packageRoot";
import { cliMain, jsonOf, spawnCli } from "../cli/support";
import { until } from "../support/until";
import { cliPath } from "./support";

const root = packageRoot();
/** It comes with an installed CLI, but not with one built from Go's modules. */
const hasPython = (process.env.PATH ?? "")
  .split(delimiter)
  .some((folder) => spawnSync("test", ["-x", join(folder, "pulumi-language-python")]).status === 0);
if (!hasPython) {
  console.error(
    "There is no Pulumi CLI with Python on this machine, so the example python is NOT tested: install one.",
  );
}

describe("batch-jobs local, by the real engine", () => {
  let folder: string;
  let env: Record<string, string>;
  let children: ChildProcess[];
  before(async () => (env = { PATH: [await cliPath(true), process.env.PATH].join(delimiter) }));
  beforeEach(() => {
    children = [];
    folder = realpathSync(mkdtempSync(join(tmpdir(), "engine ")));
    env.TMPDIR = folder;
  });
  afterEach(() => {
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  /** Copies an example, with the package by its own folder. */
  function copy(example: string): string {
    const project = join(folder, example);
    cpSync(join(root, "examples", example), project, { recursive: true });
    edit(join(project, "Pulumi.yaml"), "../..", root);
    return project;
  }

  function start(cwd: string, ...args: string[]) {
    const { XDG_STATE_HOME } = process.env;
    const stdio = ["ignore", "pipe", "pipe"] as ["ignore", "pipe", "pipe"];
    const child = spawn(process.execPath, [cliMain, "local", ...args], { cwd, env: { ...env, XDG_STATE_HOME }, stdio });
    children.push(child);
    let said = "";
    child.stderr.on("data", (chunk) => (said += String(chunk)));
    const ended = once(child, "close");
    return {
      child,
      said: () => said,
      ended,
      firstLine: once(createInterface(child.stdout), "line") as Promise<[string]>,
    };
  }

  /** Of its own run, and of the engine's. */
  const temporary = () => readdirSync(folder).filter((name) => name.startsWith("batch-job-processor-"));

  async function count(cwd: string): Promise<void> {
    const run = await spawnCli(["submit", "word-count", '{"text": "to be"}', "--wait", "--json"], { cwd, env });
    expect(jsonOf(run), run.stderr).to.deep.include({ state: "succeeded" });
  }

  it("runs a program in YAML, with stand-ins, again after each change, until Ctrl-C", async () => {
    const project = copy("yaml");
    const file = join(project, "Pulumi.yaml");
    edit(file, "outputs:", "  db: { type: aws:rds:Instance, properties: { instanceClass: db.t4g.micro } }\noutputs:");
    edit(
      file,
      "outputs:",
      "  net: { type: pulumi:pulumi:StackReference, properties: { name: organization/network/dev } }\noutputs:",
    );
    edit(
      file,
      "outputs:",
      `outputs:\n  endpoint: \${db.endpoint}\n  vpc: \${net.outputs["vpcId"]}\n  memory: \${memory}`,
    );
    writeFileSync(join(project, "Pulumi.dev.yaml"), "config:\n  memory: 1024\n");
    const standIns =
      'resources: { db: { endpoint: "127.0.0.1:5432" } }\nstackReferences: { acme/network/dev: { vpcId: vpc-1 } }\n';
    writeFileSync(join(project, "local.yaml"), standIns);
    const { child, said, ended, firstLine } = start(project, "--watch", "--json");
    const [line] = await Promise.race([firstLine, ended.then(() => expect.fail(said()))]);
    const { url, outputs } = JSON.parse(line) as { url: string; outputs: object };
    expect(outputs).to.deep.include({ url, endpoint: "127.0.0.1:5432", vpc: "vpc-1", memory: 1_024 });
    expect(said()).to.include("Not emulated").and.include("db (aws:rds/instance:Instance)");
    await count(project);
    edit(file, "maxInstances: 4", "maxInstances: 0");
    await until(() => said().includes("what ran before goes on"), said);
    expect(said()).to.include("processors[1].maxInstances");
    edit(file, "maxInstances: 0", "maxInstances: 5");
    await until(() => said().includes("✔ Pulumi.yaml: deployed in"), said);
    child.kill("SIGINT");
    expect((await ended)[0]).to.equal(0);
    expect(temporary()).to.deep.equal([]);
    expect(readdirSync(project).sort()).to.deep.equal(["Pulumi.dev.yaml", "Pulumi.yaml", "README.md", "local.yaml"]);
  });

  it("says why a program fails, and ends with 1", async () => {
    const project = copy("yaml");
    edit(join(project, "Pulumi.yaml"), "handler: word-count", "handler: 7");
    const { said, ended } = start(project);
    expect((await ended)[0]).to.equal(1);
    expect(said()).to.match(/✖ .*processors\[0\]\.handler/s);
    expect(temporary()).to.deep.equal([]);
  });

  it("ends at Ctrl-C while the engine is at work", async () => {
    const { child, said, ended } = start(copy("yaml"));
    const isLocked = () =>
      readdirSync(folder, { recursive: true, encoding: "utf8" }).some((name) => name.includes("locks"));
    await until(isLocked, said);
    child.kill("SIGINT");
    expect((await ended)[0]).to.equal(130);
    expect(temporary()).to.deep.equal([]);
  });

  (hasPython ? it : it.skip)("runs a program in Python", async () => {
    const project = copy("python");
    const run = (command: string, ...args: string[]) => {
      const { status, stderr } = spawnSync(command, args, {
        cwd: project,
        env: { ...process.env, ...env },
        encoding: "utf8",
      });
      expect(status, stderr).to.equal(0);
    };
    run("pulumi", "package", "gen-sdk", join(root, "schema.json"), "--language", "python", "--local", "--out", "sdks");
    run("python3", "-m", "venv", "venv");
    run(join(project, "venv", "bin", "pip"), "install", "--quiet", "-r", "requirements.txt");
    const { child, said, ended, firstLine } = start(project, "--json");
    const [line] = await Promise.race([firstLine, ended.then(() => expect.fail(said()))]);
    const { url, outputs } = JSON.parse(line) as { url: string; outputs: object };
    expect(outputs).to.deep.equal({ url });
    await count(project);
    child.kill("SIGINT");
    expect((await ended)[0]).to.equal(0);
  });
});

function edit(file: string, from: string, to: string): void {
  const text = readFileSync(file, "utf8");
  expect(text).to.include(from);
  writeFileSync(file, text.replace(from, to));
}
