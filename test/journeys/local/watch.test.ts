import { realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect } from "chai";
import { type LocalProject, startProject } from "../support/localProject";

const program = (types: string) => `
import { BatchJobProcessor } from "batch-job-processor";
import { text } from "./text";
const jobs = new BatchJobProcessor("jobs", { processors: [${types}] });
export const url = jobs.url;
`;
const greet = `{ name: "greet", async handle() { return text; } }`;
const waits = `{ name: "waits", slots: 1, async handle(job: any) {
  const { existsSync } = await import("node:fs");
  while (!existsSync(job.payload.until)) await new Promise((resolve) => setTimeout(resolve, 50));
  return text;
} }`;

const tells = `{
  name: "tells",
  secrets: { TOKEN: "arn:aws:ssm:us-east-1:123456789012:parameter/token" },
  async handle() { return process.env.TOKEN; },
}`;
const outside = `../said-${process.pid}.ts`;
const say = `{ name: "say", handler: "./jobs/say.ts" }`;

const modular = `{ name: "modular", handler: "modular", image: "own" }`;
const entry = program(`${greet}, ${tells}, ${modular}`).replace("./text", "./text.js");

describe("batch-jobs local --watch", () => {
  describe("with a program in TypeScript", () => {
    let watched: LocalProject;
    before(async () => {
      watched = await startProject(["--watch"], {
        "index.ts": program(`${greet}, ${waits}, ${say}`),
        "text.ts": `export const text = "one";`,
        "jobs/say.ts": `import { said } from "./said"; export default async () => said;`,
        "jobs/said.ts": `export const said = "first";`,
        "tsconfig.json": `{ "compilerOptions": { "target": "es2022", "module": "node20", "strict": true } }`,
      });
    });
    after(async () => {
      await watched?.stop();
      rmSync(join(watched.folder, outside), { force: true });
    });

    it("runs the next job on what was saved, and keeps the jobs that were there", async () => {
      const before_ = await watched.client.submit("greet", {});
      expect((await watched.client.wait(before_)).result).to.equal("one");
      expect(await watched.save("text.ts", `export const text = "two";`)).to.match(
        /✔ text\.ts: deployed in \d+\.\d s$/,
      );
      expect(await watched.run("greet")).to.equal("two");
      expect(await watched.client.get(before_)).to.include({ state: "succeeded", result: "one" });
    });

    it("runs the next job on a handler's file, and on what that imports, as they were saved", async () => {
      const before_ = await watched.client.submit("greet", {});
      await watched.client.wait(before_);
      expect(await watched.run("say")).to.equal("first");
      expect(await watched.save("jobs/said.ts", `export const said = "second";`)).to.include(
        "✔ jobs/said.ts: deployed",
      );
      expect(await watched.run("say")).to.equal("second");
      expect(await watched.save("jobs/say.ts", `export default async () => "third"`)).to.include("✔");
      expect(await watched.run("say")).to.equal("third");
      expect(await watched.save("jobs/say.ts", `export default async () => `)).to.include("what ran before goes on");
      expect(await watched.run("say")).to.equal("third");
      expect(await watched.client.get(before_)).to.include({ state: "succeeded" });
    });

    it("watches what a handler imports from outside of the project", async () => {
      watched.write(outside, `export const said = "far";`);
      expect(
        await watched.save("jobs/say.ts", `import { said } from "../${outside}"; export default () => said;`),
      ).to.include("✔");
      expect(await watched.run("say")).to.equal("far");
      expect(await watched.save(outside, `export const said = "farther";`)).to.include("✔");
      expect(await watched.run("say")).to.equal("farther");
    });

    it("watches what a save that failed had reached outside of the project", async () => {
      const broken = outside.replace(".ts", "-broken.ts");
      const [path, program_] = [join(watched.folder, broken), program(`${greet}, ${waits}, ${say}`)];
      try {
        for (const [file, text, after] of [
          ["index.ts", program_.replace("./text", `../${basename(path, ".ts")}`), program_],
          ["jobs/say.ts", `export { text as default } from "../${broken}";`, `export default () => "fixed";`],
        ] as const) {
          watched.write(broken, "export const text = ");
          expect(await watched.save(file, text)).to.include("✖");
          await watched.run("greet");
          expect(await watched.save(broken, `export const text = () => "x";`)).to.include("✔");
          expect(await watched.save(file, after)).to.include("✔");
        }
      } finally {
        rmSync(path, { force: true });
      }
    });

    it("leaves the old version running while a file is broken, and says where", async () => {
      expect(await watched.save("text.ts", `export const text = `)).to.include("what ran before goes on");
      expect(await watched.run("greet")).to.equal("two");
      expect(await watched.save("index.ts", program(`{ name: "Not A Name", handler: "x" }`))).to.include("✖");
      expect(await watched.run("greet")).to.equal("two");
      expect(await watched.save("text.ts", `export const text = "three";`)).to.include("✖");
      expect(await watched.save("index.ts", program(`${greet}, ${waits}, ${say}`))).to.include("✔");
      expect(await watched.run("greet")).to.equal("three");
    });

    it("finishes a running job on its old code, while the next one runs on the new", async () => {
      const until = join(realpathSync(tmpdir()), `watched-${process.pid}`);
      const running = await watched.client.submit("waits", { until });
      while ((await watched.client.get(running)).state !== "running") await new Promise((done) => setTimeout(done, 50));
      expect(await watched.save("text.ts", `export const text = "four";`)).to.include("✔");
      const next = await watched.client.submit("waits", { until: "/" });
      expect((await watched.client.wait(next)).result).to.equal("four");
      writeFileSync(until, "");
      try {
        expect(await watched.client.wait(running)).to.include({ state: "succeeded", result: "three", attempts: 1 });
      } finally {
        rmSync(until);
      }
    });

    it("takes in a new job type, and lets a removed one go", async () => {
      const shout = greet.replace("greet", "shout");
      expect(await watched.save("index.ts", program(`${greet}, ${say}, ${shout}`))).to.include("✔");
      expect(await watched.run("shout")).to.equal("four");
      expect(await watched.line(/^deployment: .*waits.* a removed job type's queue/)).to.include("about a minute");
      expect((await watched.client.types()).map(({ type }) => type).sort()).to.deep.equal(["greet", "say", "shout"]);
    });
  });

  describe("with a program that is an ES module", () => {
    let watched: LocalProject;
    before(async () => {
      watched = await startProject(["--watch"], {
        "package.json": `{ "name": "watched", "private": true, "type": "module" }`,
        "index.js": entry,
        "processors/modular.js": `export const handle = async () => "old";`,
        ".local-secrets.yaml": "TOKEN: first",
        "text.js": `export const text = "one";`,
      });
    });
    after(() => watched?.stop());

    it("reads it again with all of its files", async () => {
      expect(await watched.run("greet")).to.equal("one");
      expect(await watched.save("text.js", `export const text = "two";`)).to.include("✔");
      expect(await watched.run("greet")).to.equal("two");
      expect(await watched.save("text.js", `export const text = `)).to.include("what ran before goes on");
      expect(await watched.save("text.js", `export const text = "three";`)).to.include("✔");
      expect(await watched.run("greet")).to.equal("three");
    });

    it("gives the next job a handler's module that was saved with a program that fails", async () => {
      expect(await watched.run("modular")).to.equal("old");
      watched.write("processors/modular.js", `export const handle = async () => "new";`);
      expect(await watched.save("index.js", "throw new Error('broken')")).to.include("✖");
      expect(await watched.run("modular")).to.equal("new");
      expect(await watched.save("index.js", entry)).to.include("✔");
    });

    it("gives the next job the secrets that were saved", async () => {
      expect(await watched.run("tells")).to.equal("first");
      expect(await watched.save(".local-secrets.yaml", "TOKEN: second")).to.include("✔");
      expect(await watched.run("tells")).to.equal("second");
    });
  });
});
