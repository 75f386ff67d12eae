import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { BatchJobProcessor, type BatchJobProcessorArgs, type ProcessorArgs } from "../../../components";
import { readEnvironment } from "../../../contract/environmentFile";
import { type MockStyle, record } from "../../support/record";
import { removeWrittenFolders, writtenFolder } from "../../support/writtenFolder";

const network = { vpcId: "vpc-1", subnetIds: ["subnet-1"] };
const build = (processors: ProcessorArgs[], style?: MockStyle, args: Partial<BatchJobProcessorArgs> = {}) =>
  record(() => new BatchJobProcessor("media", { network, ...args, processors }), style);

const messageOf = (attempt: Promise<unknown>) =>
  attempt.then(
    () => "",
    (error: Error) => error.message,
  );

describe("a processor whose handler is a file", () => {
  const before = process.cwd();
  const inFolder = (files: Record<string, string>) => process.chdir(writtenFolder(files));
  afterEach(() => process.chdir(before));
  after(removeWrittenFolders);

  it("has its bundle in the bucket, under its hash, and its workers read it there", async () => {
    for (const style of ["helpful", "naive"] as const) {
      inFolder({ "jobs/greet.ts": "export default async (job: { payload: string }) => `hello ${job.payload}`;" });
      const { named } = await build([{ name: "greet", handler: "./jobs/greet" }], style);
      const { content, key } = named("media-greet-fleet-handler").inputs as { content: string; key: string };
      expect(key).to.equal(`greet/${createHash("sha256").update(content).digest("hex")}.js`);
      expect(content).to.include("hello ").and.not.include(process.cwd());
      if (style === "naive") continue;
      const userData = named("media-greet-fleet-template").inputs.userData as string;
      const environment = readEnvironment(Buffer.from(userData, "base64").toString());
      expect(environment.WORKER_INLINE_HANDLER).to.match(new RegExp(`^s3://.+/${key}$`));
      expect(environment).not.to.have.property("WORKER_HANDLER");
      expect(named("media-greet-fleet-policy").inputs.policy).to.include("ReadHandler");
    }
  });

  it("is the same resources with the same inputs from one run to the next, and from folder to folder", async () => {
    const print = async () => {
      inFolder({ "jobs/greet.ts": "export default async () => 1;" });
      const { resources } = await build([{ name: "greet", handler: "./jobs/greet.ts" }], "helpful", { image: "own:1" });
      return resources.filter(({ name }) => /greet-fleet-(handler|template)/.test(name)).map(({ inputs }) => inputs);
    };
    expect(await print()).to.deep.equal(await print());
  });

  it("is refused by property path where it isn't one, or not the only one", () => {
    inFolder({ "jobs/greet.ts": "export default () => 1;" });
    const attempt = () =>
      new BatchJobProcessor("media", {
        network,
        processors: [
          { name: "b", handler: "jobs/greet.ts" },
          { name: "c", handler: "./jobs", handle: async () => 1 },
        ],
      });
    expect(attempt)
      .to.throw(pulumi.InputPropertiesError)
      .with.property("message")
      .that.matches(/processors\[0\]\.handler: Expected the path of a file, such as "\.\/jobs\/invoice\.ts", or/)
      .and.matches(/processors\[1\]\.handle: Expected exactly one of handler, command and handle/);
  });

  it("is refused with all that is wrong with all handlers, by processor, file and line, with the remedy", async () => {
    inFolder({
      "package.json": "{}",
      "node_modules/huge/index.js": `console.log(${JSON.stringify("x".repeat(20_000_001))})`,
      "node_modules/made/index.js":
        "exports.Client = class Client { constructor() { this.send = process.cwd.bind(process); } };",
      "jobs/packages.ts": `import "not-there";\n\nimport "./nor-this";\nimport "./a.toml";\nexport default () => 1;`,
      "jobs/a.toml": "a = 1",
      "jobs/b.ts": "export const x = 1;",
      "jobs/huge.ts": `import "huge";\nexport default () => 1;`,
      "jobs/good.ts": "export default () => 1;",
      "program.ts": `
        import { Client } from "made";
        const days = new Map([["mon", 1]]);
        const client = new Client();
        class Counter { count = 0; next() { return ++this.count; } }
        const counter = new Counter();
        export const handle = async () => [days.get("mon"), client.send(), counter.next(), await import("nowhere")];
        const circle: any = { name: "circle" };
        circle.self = circle;
        export const round = async () => circle.self.self.name;`,
    });
    const { handle, round } = createRequire(join(process.cwd(), "x.js"))("./program") as Record<
      string,
      NonNullable<ProcessorArgs["handle"]>
    >;
    const message = await messageOf(
      build([
        { name: "none", handler: "./jobs/b" },
        { name: "good", handler: "./jobs/good" },
        { name: "round", handle: round! },
        { name: "inline", handle: handle! },
        { name: "packages", handler: "./jobs/packages" },
        { name: "missing", handler: "./jobs/missing" },
        { name: "folder", handler: "./jobs" },
        { name: "huge", handler: "./jobs/huge" },
      ]),
    );
    const moved = `can't be shipped as text. Move the handler to a file of its own: handler: "./jobs/inline.ts"`;
    const endings = "of its name .ts, .mts, .cts, .js, .mjs, .cjs may be left out";
    const lines = message.split("\n").filter((line) => line.startsWith("  the handler of processor"));
    const bundle = "Expected a bundle of at most 20 MB, got 20.0 MB; the largest in it: huge 20.0 MB, ";
    expect(
      lines.map((line) => line.replace("  the handler of processor ", "").replace(/(huge 20.0 MB, ).*/, "$1")),
    ).to.deep.equal([
      `"none": ./jobs/b has no default export: expected \`export default async function (job, context) { … }\`, or an object with \`handle\``,
      `"inline": \`days\` (program.ts:3), a Map, ${moved}`,
      `"inline": \`client\` (program.ts:4), an object of the package made, ${moved}`,
      `"inline": \`counter\` (program.ts:6), an object of a class with a field, ${moved}`,
      `"inline": program.ts:7: the package nowhere is not installed: npm install nowhere`,
      `"packages": jobs/packages.ts:1: the package not-there is not installed: npm install not-there`,
      `"packages": jobs/packages.ts:3: there is no file ./nor-this`,
      `"packages": jobs/packages.ts:4: a file ending in .toml can't be imported: read it from S3, or use .json or .txt`,
      `"missing": there is no file ./jobs/missing in ${process.cwd()}; ${endings}`,
      `"folder": there is no file ./jobs in ${process.cwd()}; ${endings}`,
      `"huge": ${bundle}`,
    ]);
    expect(message).not.to.match(/\[\[|native code/);
  });
});
