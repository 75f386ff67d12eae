import { createHash } from "node:crypto";
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

  it("is refused by property path where there is no such file", async () => {
    inFolder({ "jobs/greet.ts": "export default () => 1;" });
    const attempt = () =>
      new BatchJobProcessor("media", {
        network,
        processors: [
          { name: "a", handler: "./jobs/greeting" },
          { name: "b", handler: "jobs/greet.ts" },
          { name: "c", handler: "./jobs", handle: async () => 1 },
          { name: "d", handler: "./jobs" },
        ],
      });
    expect(attempt)
      .to.throw(pulumi.InputPropertiesError)
      .with.property("message")
      .that.matches(
        /processors\[0\]\.handler: Expected a file, of which \.ts, .*, got "\.\/jobs\/greeting": there is none in \//,
      )
      .and.matches(/processors\[1\]\.handler: Expected the path of a file, such as "\.\/jobs\/invoice\.ts", or/)
      .and.matches(/processors\[2\]\.handle: Expected exactly one of handler, command and handle/)
      .and.matches(/processors\[3\]\.handler: Expected a file/);
  });

  it("is refused with all that is wrong with all handlers, by processor, file and line", async () => {
    inFolder({
      "jobs/a.ts": `import "not-there";\n\nimport "./nor-this";\nexport default () => 1;`,
      "jobs/b.ts": "export const x = 1;",
      "jobs/good.ts": "export default () => 1;",
    });
    const days = new Map([["mon", 1]]);
    const message = await messageOf(
      build([
        { name: "b", handler: "./jobs/b" },
        { name: "good", handler: "./jobs/good" },
        { name: "inline", handle: async () => days.get("mon") },
        { name: "a", handler: "./jobs/a" },
      ]),
    );
    const lines = message.split("\n").filter((line) => line.startsWith("  the handler of processor"));
    expect(lines).to.have.length(4);
    expect(lines[0]).to.include('processor "b": ./jobs/b has no default export');
    expect(lines[1]).to.include('processor "inline": ').and.to.include("`days`");
    expect(lines[2]).to.include('processor "a": jobs/a.ts:1: the package not-there is not installed');
    expect(lines[3]).to.include('processor "a": jobs/a.ts:3: there is no file ./nor-this');
  });
});
