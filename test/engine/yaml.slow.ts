import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse, stringify } from "yaml";
import { packageRoot } from "../../contract/packageRoot";
import { packedFiles } from "../support/packedFiles";
import { until } from "../support/until";
import { buildLambdas, type Engine, startEngine } from "./support";

/** The package as it is installed, but that its functions forget types at once: a removal waits for that. */
function copyPackage(folder: string): string {
  const root = packageRoot();
  for (const name of packedFiles()) cpSync(join(root, name), join(folder, name));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  cpSync(forgetfulFunctions(`${folder}-sources`), join(folder, "dist", "lambdas"), { recursive: true });
  return folder;
}

/** The Lambdas' text, built in the folder from sources that cache types for a second only. */
function forgetfulFunctions(folder: string): string {
  for (const name of ["functions", "contract", "tools"]) {
    cpSync(join(packageRoot(), name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(packageRoot(), "node_modules"), join(folder, "node_modules"));
  const limits = join(folder, "contract", "limits.ts");
  const text = readFileSync(limits, "utf8");
  expect(text).to.include("typeCacheSeconds: 60");
  writeFileSync(limits, text.replace("typeCacheSeconds: 60", "typeCacheSeconds: 1"));
  buildLambdas(folder);
  return join(folder, "dist", "lambdas");
}

interface Project {
  config: Record<string, unknown>;
  resources: { jobs: { properties: { authorization: string; processors: Record<string, unknown>[] } } };
}

describe("a program in YAML, by the real engine", () => {
  let engine: Engine;
  let plugin: string;
  before(async () => {
    engine = await startEngine({ hasYaml: true });
    plugin = copyPackage(join(engine.folder, "..", "package"));
    write(() => undefined);
    await engine.configure("dev", { "aws:region": "us-east-1" });
  });
  after(() => engine?.stop());

  /** Puts the example, changed, in the place of the project's own program. */
  function write(change: (project: Project) => void): void {
    const file = join(engine.folder, "Pulumi.yaml");
    const example = readFileSync(join(packageRoot(), "examples", "yaml", "Pulumi.yaml"), "utf8");
    const project = parse(example) as Project;
    project.resources.jobs.properties.authorization = "none";
    change(project);
    writeFileSync(file, stringify({ ...project, packages: { "batch-job-processor": plugin } }));
  }

  it("brings the component up, whose jobs run", async () => {
    const { steps } = await engine.succeed("dev", "up");
    expect(steps.map(({ type }) => type)).to.include("batch-job-processor:index:BatchJobProcessor");
    const { url, queueUrls } = (await engine.outputs("dev")) as { url: string; queueUrls: object };
    expect(queueUrls).to.have.all.keys("word-count", "checksum");
    const ended = await run(url, { type: "word-count", payload: { text: "to be" } });
    expect(ended).to.deep.include({ state: "succeeded" });
    expect(ended.result).to.include({ words: 2 });
    const refused = await fetch(new URL("jobs", url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ type: "word-count", payload: { text: 1 } }),
    });
    expect(refused.status).to.equal(422);
  });

  it("finds nothing to do the next time, and changes one type alone", async () => {
    expect((await engine.succeed("dev", "up")).steps).to.deep.equal([]);
    write(({ resources }) => (resources.jobs.properties.processors[1]!.maxInstances = 5));
    const { steps } = await engine.succeed("dev", "up");
    expect(steps.map(({ op, name }) => `${op} ${name}`)).to.deep.equal(["update jobs-checksum-fleet-group"]);
  });

  it("refuses a secret within a processor by its path, and takes plain values", async () => {
    const giveToken = (TOKEN: unknown) =>
      write(({ resources }) => (resources.jobs.properties.processors[0]!.environment = { TOKEN }));
    giveToken({ "fn::secret": "hidden" });
    const { code, text } = await engine.run("dev", "up");
    expect(code, text).not.to.equal(0);
    expect(text).to.include("processors[0].environment.TOKEN: Expected no secret");
    giveToken("${pulumi.stack}");
    await engine.succeed("dev", "up");
    const [group] = engine.cloud.groups.list().filter(({ name }) => name.includes("word-count"));
    const { userData } = group!.template as unknown as { userData: string };
    expect(Buffer.from(userData, "base64").toString()).to.include("TOKEN=dev");
  });

  it("gets errors of wrong inputs with their paths", async () => {
    write(({ resources }) => {
      resources.jobs.properties.processors[0]!.maxInstances = 0;
      resources.jobs.properties.processors[1]!.timeoutSeconds = 0;
    });
    const { code, text } = await engine.run("dev", "up");
    expect(code, text).not.to.equal(0);
    expect(text).to.include("processors[0].maxInstances").and.to.include("processors[1].timeoutSeconds");
  });

  it("is gone after destroy", async () => {
    write(() => undefined);
    await engine.succeed("dev", "destroy");
    expect(engine.cloud.groups.list()).to.deep.equal([]);
  });

  async function run(url: string, job: object): Promise<Record<string, unknown>> {
    const headers = { "content-type": "application/json" };
    const submitted = await fetch(new URL("jobs", url), { method: "POST", headers, body: JSON.stringify(job) });
    const { id } = (await submitted.json()) as { id: string };
    let answer: Record<string, unknown> = {};
    const look = async () => {
      answer = (await (await fetch(new URL(`jobs/${id}`, url))).json()) as Record<string, unknown>;
      return answer.state === "succeeded" || answer.state === "failed";
    };
    await until(look, () => `the end of ${JSON.stringify(answer)}`);
    return answer;
  }
});
