import { SourceMap, type SourceMapPayload } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { removeWrittenFolders, writtenFolder } from "../../support/writtenFolder";
import { Debugger } from "../support/debugger";
import { type LocalProject, startProject } from "../support/localProject";

const program = `
import { BatchJobProcessor } from "batch-job-processor";
const jobs = new BatchJobProcessor("jobs", { processors: [
  { name: "say", handler: "./jobs/say.ts", timeoutSeconds: 1, maxAttempts: 1 },
  {
    name: "shout",
    async handle(job: any): Promise<string> {
      const loud: string = String(job.payload);
      return exclaim(loud);
    },
  },
] });
function exclaim(text: string): string {
  interface Unused { a: string }
  return text.toUpperCase();
}
export const url = jobs.url;
`;

const say = `interface Job { payload: { name: string } }

export default async function (job: Job): Promise<string> {
  const greeting: string = "Hello";
  if (job.payload.name === "") throw new Error("nobody");
  return greeting + " " + job.payload.name;
}
`;

/** Script like the one that VS Code has processes load: it waits for the debugger before anything else runs. */
const bootloader = `
const inspector = require("node:inspector");
if (/handlerMain\\.js$/.test(process.argv[1] ?? "")) {
  inspector.open(0, "127.0.0.1");
  inspector.waitForDebugger();
}
`;

interface Script {
  scriptId: string;
  url: string;
  sourceMapURL: string;
}

interface Place {
  lineNumber: number;
  columnNumber: number;
}

/** Place at which an editor that reads the script's source map sets the breakpoint of a source file's line. */
function generatedPlace(map: SourceMapPayload, text: string, source: string, line: number): Place {
  const sourceMap = new SourceMap(map);
  for (const [lineNumber, { length }] of text.split("\n").entries()) {
    for (let columnNumber = 0; columnNumber < Math.min(length, 200); columnNumber++) {
      const entry = sourceMap.findEntry(lineNumber, columnNumber);
      if ("originalLine" in entry && entry.originalSource === source && entry.originalLine === line - 1)
        return { lineNumber, columnNumber };
    }
  }
  throw new Error(`Line ${line} of ${source} is not in the source map`);
}

const isHandler = ({ sourceMapURL }: Record<string, unknown>) => String(sourceMapURL).startsWith("data:");

/** Sets a breakpoint in a source file's line, as an editor does; returns what tells whether a job stands there. */
async function breakAt(attached: Debugger, script: Script, source: string, line: number) {
  const map = JSON.parse(Buffer.from(script.sourceMapURL.split(",")[1]!, "base64").toString()) as SourceMapPayload;
  expect(map.sources).to.include(source);
  const { scriptSource } = await attached.call("Debugger.getScriptSource", { scriptId: script.scriptId });
  const place = generatedPlace(map, String(scriptSource), source, line);
  const { breakpointId, locations } = await attached.call("Debugger.setBreakpointByUrl", { url: script.url, ...place });
  expect(locations).to.have.length(1);
  const isHit = ({ hitBreakpoints }: Record<string, unknown>) => (hitBreakpoints as unknown[])?.includes(breakpointId);
  return async () => {
    const { callFrames } = (await attached.event("Debugger.paused", isHit)) as {
      callFrames: { callFrameId: string; location: Place }[];
    };
    const [{ callFrameId, location }] = callFrames as [(typeof callFrames)[0]];
    const entry = new SourceMap(map).findEntry(location.lineNumber, location.columnNumber);
    expect(entry).to.include({ originalSource: source, originalLine: line - 1 });
    return async (expression: string) => {
      const { result } = await attached.call("Debugger.evaluateOnCallFrame", { callFrameId, expression });
      return (result as { value: unknown }).value;
    };
  };
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
  after(async () => {
    await project?.stop();
    removeWrittenFolders();
  });

  /** Attaches to the type's handler, which has run a job. */
  async function attach(type: string): Promise<{ attached: Debugger; script: Script }> {
    const [, url] = /(ws:\/\/127\.0\.0\.1:\d+\/\S+)/.exec(
      await project.line(new RegExp(`^${type}: inspector at ws:`)),
    )!;
    const attached = await Debugger.attach(url!);
    const parsed = attached.event("Debugger.scriptParsed", isHandler);
    await attached.call("Debugger.enable");
    const script = (await parsed) as unknown as Script;
    // Editors read source maps only of scripts within the workspace, and outside of node_modules.
    expect(script.url).to.match(new RegExp(`^${pathToFileURL(join(project.folder, "inline-")).href}`));
    return { attached, script };
  }

  it("stops a job at a breakpoint in the user's TypeScript, for longer than its timeout", async () => {
    await project.run("say", { name: "nobody" });
    const { attached, script } = await attach("say");
    const paused = await breakAt(attached, script, join(project.folder, "jobs", "say.ts"), 6);
    const id = await project.client.submit("say", { name: "Ada" });
    const evaluate = await paused();
    const expression = "for (const end = Date.now() + 2_500; Date.now() < end; ); `${greeting}, ${job.payload.name}`";
    expect(await evaluate(expression)).to.equal("Hello, Ada");
    expect(await project.client.get(id)).to.include({ state: "running", attempts: 1 });
    await attached.call("Debugger.resume");
    expect(await project.client.wait(id)).to.include({ state: "succeeded", result: "Hello Ada", attempts: 1 });
    attached.close();
  });

  it("leaves the frames of errors as they are", async () => {
    const { error } = await project.client.wait(await project.client.submit("say", { name: "" }));
    expect(error?.frames?.[0]).to.match(/\(jobs\/say\.ts:5:\d+\)$/);
  });

  it("stops a job at breakpoints in an inline handler and its helper, whose inspector has another port", async () => {
    expect(await project.run("shout", "hey")).to.equal("HEY");
    const { attached, script } = await attach("shout");
    const source = join(project.folder, "index.ts");
    const inHandler = await breakAt(attached, script, source, 9);
    const inHelper = await breakAt(attached, script, source, 15);
    const id = await project.client.submit("shout", "ho");
    expect(await (await inHandler())("loud")).to.equal("ho");
    await attached.call("Debugger.resume");
    expect(await (await inHelper())("text")).to.equal("ho");
    await attached.call("Debugger.resume");
    expect(await project.client.wait(id)).to.include({ state: "succeeded", result: "HO" });
    attached.close();
    const ports = await Promise.all(
      ["say", "shout"].map(
        async (type) => /:(\d+)\//.exec(await project.line(new RegExp(`^${type}: inspector at`)))![1],
      ),
    );
    expect(new Set(ports).size).to.equal(2);
  });

  it("stops the very first job, if the editor attaches to processes as they start", async () => {
    await project.stop();
    const folder = writtenFolder({ "bootloader.cjs": bootloader });
    process.env.NODE_OPTIONS = `--require="${join(folder, "bootloader.cjs")}"`;
    project = await startProject(["--inspect"], { "index.ts": program, "jobs/say.ts": say }).finally(
      () => delete process.env.NODE_OPTIONS,
    );
    const id = await project.client.submit("say", { name: "Ada" });
    const [, url] = /(ws:\S+)/.exec(await project.line(/^say: inspector at ws:/))!;
    const attached = await Debugger.attach(url!);
    const parsed = attached.event("Debugger.scriptParsed", isHandler);
    await attached.call("Debugger.enable");
    await attached.call("Runtime.runIfWaitingForDebugger");
    const script = (await parsed) as unknown as Script;
    const paused = await breakAt(attached, script, join(project.folder, "jobs", "say.ts"), 6);
    expect(await (await paused())("job.payload.name")).to.equal("Ada");
    await attached.call("Debugger.resume");
    expect(await project.client.wait(id)).to.include({ state: "succeeded", result: "Hello Ada", attempts: 1 });
    attached.close();
  });
});
