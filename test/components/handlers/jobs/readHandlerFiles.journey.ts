import { join } from "node:path";
import { expect } from "chai";
import { findHandlerFile } from "../../../../components/handlers/handlerFile";
import { type HandlerFile, readHandlerFiles } from "../../../../components/handlers/jobs/readHandlerFiles";
import { addJobPackages } from "../../../support/jobPackages";
import { removeWrittenFolders, writtenFolder } from "../../../support/writtenFolder";

const imports = `import { z } from "zod"; import { defineJob } from "batch-job-processor/job";`;

/** Reads handlers' files, by name, that lie in one folder. */
function read(files: Record<string, string>, limitSeconds?: number): Record<string, HandlerFile> {
  const folder = writtenFolder(files);
  addJobPackages(folder);
  const names = Object.keys(files).filter((name) => name.startsWith("jobs/"));
  const sources = names.map((name) => {
    return { file: findHandlerFile(name, folder)!, name: `./${name}`, folder, isStockImage: true };
  });
  const outcomes = readHandlerFiles(sources, limitSeconds);
  return Object.fromEntries(names.map((name, index) => [name, outcomes[index]!]));
}

describe("readHandlerFiles", () => {
  after(removeWrittenFolders);

  it("reads what files define, in whatever way they come to it, and runs no other file", () => {
    const files = read({
      "jobs/invoice.ts": `${imports}
        import { S3Client } from "@aws-sdk/client-s3";
        import sharp from "sharp";
        console.log("not shown", process.argv);
        const client = new S3Client({ region: process.env.AWS_REGION });
        const size = await sharp.cache(false).size;
        export default defineJob({
          name: "invoice", timeoutSeconds: 30, description: "Bills",
          payload: z.object({ cents: z.int().default(1), at: z.string().transform((text) => new Date(text)) }),
          result: z.object({ ok: z.boolean() }),
          handle: async () => ({ ok: client !== size }),
        });`,
      "jobs/made.ts": `import { make } from "../make"; export default make("made");`,
      "make.ts": `${imports} export const make = (name: string) =>
        defineJob({ name, payload: { type: "array" }, handle: async () => name });`,
      "jobs/passed.mts": `export { default } from "./invoice";`,
      "jobs/plain.ts": `${imports} defineJob({ handle: async () => 1 }); export default async () => 2;`,
      "jobs/unrun.ts": `throw new Error("run"); export default async () => 2;`,
    });
    for (const file of Object.values(files)) expect(file.problems).to.deep.equal([]);
    const { declaration } = files["jobs/invoice.ts"]!;
    const $schema = "https://json-schema.org/draft/2020-12/schema";
    expect(declaration!.payloadSchema).to.deep.equal({
      $schema,
      type: "object",
      properties: {
        cents: { type: "integer", default: 1, minimum: -9_007_199_254_740_991, maximum: 9_007_199_254_740_991 },
        at: { type: "string" },
      },
      required: ["at"],
    });
    expect(declaration!.resultSchema).to.include({ additionalProperties: false });
    expect(declaration).to.deep.include({ name: "invoice", place: "jobs/invoice.ts:7" });
    expect(declaration!.options).to.deep.equal({ timeoutSeconds: 30, description: "Bills" });
    expect(files["jobs/passed.mts"]!.declaration).to.deep.equal(declaration);
    expect(files["jobs/made.ts"]!.declaration).to.deep.include({ name: "made", payloadSchema: { type: "array" } });
    expect(files["jobs/plain.ts"]!.declaration).to.equal(undefined);
    expect(files["jobs/unrun.ts"]!.declaration).to.equal(undefined);
  });

  it("runs nothing with credentials or variables of the deployment, nor in its folder", () => {
    process.env.AWS_SECRET_ACCESS_KEY = "hush";
    try {
      const { "jobs/a.ts": file } = read({
        "jobs/a.ts": `${imports}
          const found = [process.env.AWS_SECRET_ACCESS_KEY, process.env.PATH, process.cwd().includes("written")];
          export default defineJob({ name: JSON.stringify(found), handle: async () => 1 });`,
      });
      expect(file!.declaration!.name).to.equal("[null,null,false]");
    } finally {
      delete process.env.AWS_SECRET_ACCESS_KEY;
    }
  });

  const end = `export default defineJob({ handle: async () => 1 });`;

  it("says what keeps each from being loaded, with file, line and what it printed, and loads those after it", () => {
    const files = read({
      "jobs/a.ts": `${imports}\nconsole.log("connecting");\nif (!process.env.DB) throw new Error("Expected DB");\n${end}`,
      "jobs/b.ts": `${imports}\nimport "../lib/far";\n${end}`,
      "lib/far.ts": `const list: string[] | undefined = undefined;\n\nexport const n = list!.length;`,
      "jobs/c.ts": `${imports}\nconsole.error("bye");\nprocess.exit(0);\n${end}`,
      "jobs/d.ts": `${imports}\nsetImmediate(() => { throw new Error("late"); });\nawait new Promise(setImmediate);\n${end}`,
      "jobs/e.ts": `${imports}\n${end}`,
    });
    const problems = Object.values(files).map((file) => file.problems.join());
    for (const problem of problems.slice(0, 3)) {
      expect(problem).to.match(/^\.\/jobs\/.\.ts can't be loaded to read defineJob, which is done without credentials/);
      expect(problem).to.include("move what needs them into `handle`");
    }
    expect(problems[0]).to.match(/jobs\/a\.ts:3: Error: Expected DB\nIt printed:\nconnecting$/);
    expect(problems[1]).to.match(/lib\/far\.ts:3: TypeError: Cannot read/);
    expect(problems[2]).to.match(/it ended its process \(exit code 0\)\nIt printed:\nbye$/);
    expect(problems.slice(3)).to.deep.equal(["", ""]);
  });

  it("ends a file that never finishes loading, and names the limit", () => {
    const own = `import { defineJob } from "batch-job-processor/job";`;
    const files = read(
      {
        "jobs/a.ts": `${own}\nfor (;;);\n${end}`,
        "jobs/b.ts": `${own}\nawait new Promise(() => setInterval(() => {}, 1_000));\n${end}`,
        "jobs/c.ts": `${own}\n${end}`,
      },
      2,
    );
    const [a, b, c] = Object.values(files).map((file) => file.problems.join());
    expect(a).to.match(/it took longer than 2 s$/);
    expect(b).to.match(/it took longer than 2 s$/);
    expect(c).to.equal("");
  });

  it("reads a file again only if a file of its bundle changes", () => {
    const folder = writtenFolder({ "job.ts": `export default () => 1;` });
    const source = { file: join(folder, "job.ts"), name: "./job.ts", folder, isStockImage: true };
    const [first] = readHandlerFiles([source]);
    expect(readHandlerFiles([source, source])[1]).to.equal(first);
  });
});
