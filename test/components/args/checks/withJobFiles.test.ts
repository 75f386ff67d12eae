import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { BatchJobProcessor, type ProcessorArgs } from "../../../../components";
import { validateArgs } from "../../../../components/args/checks/validateArgs";
import { readEnvironment } from "../../../../contract/environmentFile";
import { defineJob } from "../../../../contract/handlers/defineJob";
import { decodeJobType } from "../../../../contract/jobType";
import { addJobPackages } from "../../../support/jobPackages";
import { record } from "../../../support/record";
import { removeWrittenFolders, writtenFolder } from "../../../support/writtenFolder";

const before = process.cwd();

/** Goes to a folder with job files, by name; each is the text of what `defineJob` takes. */
function inFolder(definitions: Record<string, string>): void {
  const files = Object.entries(definitions).map(([name, definition]) => [
    `jobs/${name}.ts`,
    `import { z } from "zod";\nimport { defineJob } from "batch-job-processor/job";\n\nexport default defineJob(${definition});`,
  ]);
  const folder = writtenFolder(Object.fromEntries(files) as Record<string, string>);
  addJobPackages(folder);
  process.chdir(folder);
}

const network = { vpcId: "vpc-1", subnetIds: ["subnet-1"] };

function problemsOf(processors: unknown[]): Record<string, string> {
  try {
    validateArgs("media", { processors: processors as ProcessorArgs[] });
    return {};
  } catch (error) {
    if (!pulumi.InputPropertiesError.isInstance(error)) throw error;
    return Object.fromEntries(error.errors.map(({ propertyPath, reason }) => [propertyPath, reason]));
  }
}

describe("a processor whose handler's file has defineJob", () => {
  afterEach(() => process.chdir(before));
  after(removeWrittenFolders);

  it("has its schema and its options, after the program's own", async () => {
    inFolder({
      invoice: `{ name: "invoice", payload: z.object({ n: z.number() }), timeoutSeconds: 30, maxAttempts: 7, memoryMegabytes: 512,
        backoffSeconds: 5, description: "Bills", handle: async ({ payload }) => payload.n }`,
      plain: `{ handle: async () => 1 }`,
    });
    const { named } = await record(
      () =>
        new BatchJobProcessor("media", {
          network,
          processors: [
            { name: "invoice", handler: "./jobs/invoice", maxAttempts: 2, timeoutSeconds: undefined },
            { name: "plain", handler: "./jobs/plain.ts" },
          ],
        }),
    );
    const entryOf = (type: string) =>
      decodeJobType(JSON.parse(named(`media-${type}-type`).inputs.item as string) as Record<string, { S: string }>);
    const entry = entryOf("invoice");
    expect(entry).to.include({ timeoutSeconds: 30, maxAttempts: 2, description: "Bills" });
    expect(entry.payloadSchema).to.deep.include({ type: "object", required: ["n"] });
    expect(entryOf("plain")).not.to.have.property("payloadSchema");
    const userData = named("media-invoice-fleet-template").inputs.userData as string;
    const environment = readEnvironment(Buffer.from(userData, "base64").toString());
    expect(environment).to.include({ WORKER_MEMORY_MEGABYTES: "512", WORKER_BACKOFF_SECONDS: "5" });
    expect(named("media-invoice-fleet-handler").inputs.content).to.include("payload.n");
  });

  it("contradicts neither its name nor its schema, else both places are named", () => {
    inFolder({ invoice: `{ name: "invoice", payload: { type: "object" }, handle: async () => 1 }` });
    expect(problemsOf([{ name: "bill", handler: "./jobs/invoice", payloadSchema: { type: "array" } }])).to.deep.equal({
      "processors[0].name": `Expected "invoice", as defineJob at jobs/invoice.ts:4 says, got "bill"`,
      "processors[0].payloadSchema":
        "Expected a schema in one place, got one here and `payload` in defineJob at jobs/invoice.ts:4",
    });
  });

  it("is refused for values that a program could not give either, with the place in its file", () => {
    inFolder({
      a: `{ payload: { type: "objekt" }, timeoutSeconds: 0, handle: async () => 1 }`,
      b: `{ result: { type: "objekt" }, memoryMegabytes: 1_000_000, handle: async () => 1 }`,
    });
    const problems = problemsOf([
      { name: "a", handler: "./jobs/a.ts" },
      { name: "b", handler: "./jobs/b.ts" },
    ]);
    expect(problems["processors[0].timeoutSeconds"]).to.equal(
      "Expected a number from 1 up, got number 0, in defineJob at jobs/a.ts:4",
    );
    expect(problems["processors[0].payloadSchema"]).to.match(
      /^Expected a JSON Schema .*, in defineJob at jobs\/a\.ts:4$/,
    );
    expect(problems["processors[1].handler"]).to.match(/^jobs\/b\.ts:4: `result`: Expected a JSON Schema/);
    expect(problems["processors[1].memoryMegabytes"]).to.match(/, in defineJob at jobs\/b\.ts:4$/);
  });

  it("is refused with all that is wrong with all handlers if its file can't be loaded; nothing is created of it", async () => {
    inFolder({
      a: `{ payload: z.date(), handle: async () => 1 }`,
      b: `{ name: String(missing), handle: async () => 1 }`,
    });
    const processors: ProcessorArgs[] = [
      { name: "a", handler: "./jobs/a" },
      { name: "b", handler: "./jobs/b" },
    ];
    const { message } = await record(() => new BatchJobProcessor("media", { network, processors })).then(
      () => expect.fail("Expected an error"),
      (error: Error) => error,
    );
    expect(message).to.match(/processor "a": jobs\/a\.ts:4: Expected `payload` as a schema of JSON/);
    expect(message).to.match(/processor "b": \.\/jobs\/b can't be loaded .*jobs\/b\.ts:4: ReferenceError: missing/);
  });

  it("is refused in the program itself, with the remedy", () => {
    const job = defineJob({ name: "invoice", handle: async () => 1 });
    const problems = problemsOf([
      { name: "a", handle: job },
      { name: "b", handle: job.handle },
      job,
      { name: "d", handler: job },
    ]);
    const way =
      /^Expected defineJob as the default export of a file.*handler: "\.\/jobs\/invoice\.ts", got that of test\/.*withJobFiles\.test\.ts:\d+ in the program: put it in a file$/;
    for (const path of ["processors[0].handle", "processors[1].handle", "processors[2].handle"]) {
      expect(problems[path]).to.match(way);
    }
    expect(Object.keys(problems)).to.have.length(4);
    expect(problems["processors[3].handler"]).to.match(way);
  });
});
