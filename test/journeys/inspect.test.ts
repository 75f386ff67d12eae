import { SourceMap, type SourceMapPayload } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { Debugger } from "./support/debugger";
import { type LocalProject, startProject } from "./support/localProject";

const program = `
import { BatchJobProcessor } from "batch-job-processor";
const jobs = new BatchJobProcessor("jobs", { processors: [
  { name: "say", handler: "./jobs/say.ts", timeoutSeconds: 1, maxAttempts: 1 },
  { name: "shout", async handle(job: any) { return String(job.payload).toUpperCase(); } },
] });
export const url = jobs.url;
`;

const say = `interface Job { payload: { name: string } }

export default async function (job: Job): Promise<string> {
  const greeting: string = "Hello";
  if (job.payload.name === "") throw new Error("nobody");
  return greeting + " " + job.payload.name;
}
`;

interface Place {
  lineNumber: number;
  columnNumber: number;
}

/** The place at which an editor that reads the script's source map sets the breakpoint of a source file's line. */
function generatedPlace(map: SourceMapPayload, text: string, source: string, line: number): Place {
  const sourceMap = new SourceMap(map);
  for (const [lineNumber, { length }] of text.split("\n").entries()) {
    for (let columnNumber = 0; columnNumber < Math.min(length, 200); columnNumber++) {
      const entry = sourceMap.findEntry(lineNumber, columnNumber);
      if ("originalLine" in entry && entry.originalSource === source && entry.originalLine === line)
        return { lineNumber, columnNumber };
    }
  }
  throw new Error(`Line ${line} of ${source} is not in the source map`);
}

describe("batch-jobs local --inspect", () => {
  let project: LocalProject;
  before(async () => {
    project = await startProject(["--inspect"], {
      "index.ts": program,
      "jobs/say.ts": say,
      "tsconfig.json": `{ "compilerOptions": { "target": "es2022", "module": "node20", "strict": true } }`,
    });
  });
  after(() => project?.stop());

  it("stops a job at a breakpoint in the user's TypeScript, for longer than its timeout", async () => {
    const first = await project.client.submit("say", { name: "nobody" });
    const said = await project.line(/^say: inspector at ws:/);
    expect(await project.client.wait(first)).to.include({ state: "succeeded" });
    const [, url] = /(ws:\/\/127\.0\.0\.1:\d+\/\S+)/.exec(said)!;
    const attached = await Debugger.attach(url!);
    const isBundle = ({ sourceMapURL }: Record<string, unknown>) => String(sourceMapURL).startsWith("data:");
    const parsed = attached.event("Debugger.scriptParsed", isBundle);
    await attached.call("Debugger.enable");
    const script = (await parsed) as { scriptId: string; url: string; sourceMapURL: string };
    // Editors read source maps only of scripts within the workspace, and outside of node_modules.
    expect(script.url).to.match(new RegExp(`^${pathToFileURL(join(project.folder, "inline-")).href}`));
    const map = JSON.parse(Buffer.from(script.sourceMapURL.split(",")[1]!, "base64").toString()) as SourceMapPayload;
    const source = join(project.folder, "jobs", "say.ts");
    expect(map.sources).to.include(source);
    const { scriptSource } = await attached.call("Debugger.getScriptSource", { scriptId: script.scriptId });
    const place = generatedPlace(map, String(scriptSource), source, 5);
    const { breakpointId, locations } = await attached.call("Debugger.setBreakpointByUrl", {
      url: script.url,
      ...place,
    });
    expect(locations).to.have.length(1);

    const id = await project.client.submit("say", { name: "Ada" });
    const { hitBreakpoints, callFrames } = (await attached.event("Debugger.paused")) as {
      hitBreakpoints: string[];
      callFrames: { callFrameId: string; location: Place }[];
    };
    expect(hitBreakpoints).to.deep.equal([breakpointId]);
    const [{ callFrameId, location }] = callFrames as [(typeof callFrames)[0]];
    expect(new SourceMap(map).findEntry(location.lineNumber, location.columnNumber)).to.include({
      originalSource: source,
      originalLine: 5,
    });
    const expression = "for (const end = Date.now() + 2_500; Date.now() < end; ); `${greeting}, ${job.payload.name}`";
    const { result } = await attached.call("Debugger.evaluateOnCallFrame", { callFrameId, expression });
    expect(result).to.include({ value: "Hello, Ada" });
    expect(await project.client.get(id)).to.include({ state: "running", attempts: 1 });
    await attached.call("Debugger.resume");
    expect(await project.client.wait(id)).to.include({ state: "succeeded", result: "Hello Ada", attempts: 1 });
    attached.close();
  });

  it("leaves the frames of errors as they are", async () => {
    const { error } = await project.client.wait(await project.client.submit("say", { name: "" }));
    expect(error?.frames?.[0]).to.match(/\(jobs\/say\.ts:5:\d+\)$/);
  });

  it("opens the next handler's inspector on another port", async () => {
    expect(await project.run("shout", "hey")).to.equal("HEY");
    const ports = await Promise.all(
      ["say", "shout"].map(
        async (type) => /:(\d+)\//.exec(await project.line(new RegExp(`^${type}: inspector at`)))![1],
      ),
    );
    expect(new Set(ports).size).to.equal(2);
  });
});
