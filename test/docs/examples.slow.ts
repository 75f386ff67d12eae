import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import ts from "typescript";

const root = join(__dirname, "../..");
const documents = [
  ...["README.md", "client/README.md", "local-cloud/README.md", "worker-image/README.md"],
  ...readdirSync(join(root, "docs")).flatMap((name) => (name.endsWith(".md") ? [`docs/${name}`] : [])),
];

/** The TypeScript blocks of a document, each as a module beside it. */
function examplesOf(document: string): Map<string, string> {
  const text = readFileSync(join(root, document), "utf8");
  const blocks = [...text.matchAll(/^```ts\n(.*?)^```$/gms)];
  return new Map(blocks.map(([, code], index) => [join(root, `${document}.${index}.ts`), code!]));
}

/** The compiler's errors in the examples, which import the package by its name. */
function compile(examples: Map<string, string>): string[] {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), (file) => ts.sys.readFile(file)) as {
    config: { compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(
    {
      ...config.compilerOptions,
      noUnusedLocals: false,
      noUnusedParameters: false,
      paths: {
        "batch-job-processor": ["./components"],
        "batch-job-processor/job": ["./contract/handlers/defineJob.ts"],
        "batch-job-processor/testing": ["./testing"],
        "batch-job-processor-client": ["./client/index.ts"],
        "batch-job-processor-local": ["./local-cloud/index.ts"],
      },
    },
    root,
  );
  const host = ts.createCompilerHost(options);
  const original = { getSourceFile: host.getSourceFile.bind(host), fileExists: host.fileExists.bind(host) };
  host.fileExists = (file) => examples.has(file) || original.fileExists(file);
  host.getSourceFile = (file, ...rest) =>
    examples.has(file)
      ? ts.createSourceFile(file, examples.get(file)!, rest[0])
      : original.getSourceFile(file, ...rest);
  const types = join(root, "local-cloud/stores/dynalite.d.ts");
  const program = ts.createProgram([...examples.keys(), types], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
    return `${file?.fileName ?? ""}:${line} ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
  });
}

describe("examples in the documents", () => {
  it("compile, where one that is wrong does not", () => {
    const examples = new Map(documents.flatMap((document) => [...examplesOf(document)]));
    expect(examples.size).to.be.at.least(20);
    const wrong = `import { BatchJobProcessor } from "batch-job-processor";
new BatchJobProcessor("a", { processors: [{ name: "b", handle: async (job) => job.nothing }] });`;
    const [said, ...others] = compile(new Map([...examples, [join(root, "wrong.ts"), wrong]]));
    expect(others).to.deep.equal([]);
    expect(said).to.match(/wrong\.ts:2 .*nothing/);
  });
});
