import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "chai";
import { packageRoot } from "../../contract/packageRoot";
import { cliMain } from "../cli/support";
import { startExample } from "../examples/support";
import { examples, isRunHere, stackOf } from "./runHere";
import { shellCommands } from "./shellCommands";

const root = packageRoot();
/** Of a command that runs until Ctrl-C, once it is up. */
const servesPattern = /^(npm start|(npx )?batch-jobs local)/;

interface Stack {
  url: string;
  stop(): Promise<unknown>;
}

interface Ended {
  code: number | null;
  output: string;
}

describe("the commands in the documents", () => {
  /** Holds `batch-jobs` and `npx`, as they are on the path of somebody who has the package. */
  const bin = mkdtempSync(join(tmpdir(), "documents-bin-"));
  before(() => {
    const run = `exec "${process.execPath}" "${cliMain}" "$@"\n`;
    writeFileSync(join(bin, "batch-jobs"), `#!/bin/sh\n${run}`);
    writeFileSync(join(bin, "npx"), `#!/bin/sh\n[ "$1" = batch-jobs ] || exit 127\nshift\n${run}`);
    for (const name of ["batch-jobs", "npx"]) chmodSync(join(bin, name), 0o755);
  });
  after(() => rmSync(bin, { recursive: true }));

  for (const name of ["own", ...examples]) {
    describe(`of the stack ${name}`, () => {
      let stack: Stack;
      let lastId: string | undefined;
      before(async () => (stack = name === "own" ? await startOwn() : await startExampleOf(name)));
      after(() => stack?.stop());

      for (const command of shellCommands().filter((each) => isRunHere(each) && stackOf(each.file) === name)) {
        it(`${command.file}: ${command.text}`, async () => {
          // The id of the job that the command before it submitted takes the place of the document's.
          const line = command.text.replace(
            /0b1f…|\bID\b/g,
            () => lastId ?? expect.fail("no job was submitted before"),
          );
          const path = `${bin}${delimiter}${process.env.PATH}`;
          const env = { ...process.env, URL: stack.url, BATCH_JOBS_URL: stack.url, PATH: path };
          const { code, output } = await (servesPattern.test(line) ? serve(line, env) : shell(line, env));
          // npm itself ends by the signal.
          expect(code, output).to.be.oneOf(servesPattern.test(line) ? [0, null] : [0]);
          // curl ends well whatever it is answered.
          expect(output).not.to.match(/"status": ?[45]\d\d/);
          lastId = (/"id": ?"([^"]+)"|^id +(\S+)/m.exec(output) ?? []).slice(1).find(Boolean) ?? lastId;
        });
      }
    });
  }
});

async function startOwn(): Promise<Stack> {
  const start = join(root, "dist", "demo", "start.js");
  const child = spawn(process.execPath, [start, "--json"], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const { url } = JSON.parse(line) as { url: string };
  return { url, stop: () => stop(child) };
}

async function startExampleOf(name: string): Promise<Stack> {
  const example = await startExample(name);
  return { url: example.outputs.url as string, stop: () => example.stop() };
}

async function stop(child: ChildProcess): Promise<number | null> {
  child.kill("SIGINT");
  return (await once(child, "exit"))[0] as number | null;
}

async function shell(line: string, env: NodeJS.ProcessEnv): Promise<Ended> {
  const child = spawn("/bin/sh", ["-c", line], { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output };
}

/** Runs what serves until Ctrl-C, until it says where; `--help` and the like end by themselves. */
async function serve(line: string, env: NodeJS.ProcessEnv): Promise<Ended> {
  // A port that the document names may be taken here.
  const child = spawn("/bin/sh", ["-c", `exec ${line.replace(/--port \d+/, "--port 0")}`], {
    ...{ cwd: root, env, detached: true },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const closed = once(child, "close") as Promise<[number | null]>;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += String(chunk);
      // The whole group: npm hands no signal on.
      if (output.includes("BATCH_JOBS_URL=")) process.kill(-child.pid!, "SIGINT");
    });
  }
  const [code] = await closed;
  return { code, output };
}
