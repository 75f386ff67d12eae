import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** Results of a serialised handler on its events, in a process of its own. */
export interface Run {
  outcomes: { value?: unknown; error?: string }[];
  /** The modules that the handler's own text required. */
  required: string[];
  /** Its log, a parsed line each. */
  lines: Record<string, unknown>[];
}

const runner = `
const Module = require("node:module");
const entry = require.resolve("./__index.js");
const required = new Set();
const load = Module._load;
Module._load = function (request, parent) {
  if (parent && parent.filename === entry) required.add(request);
  return load.apply(this, arguments);
};
const { handler } = require(entry);
(async () => {
  const outcomes = [];
  for (const event of JSON.parse(process.env.EVENTS)) {
    const context = { getRemainingTimeInMillis: () => Number(process.env.REMAINING_MILLISECONDS || 60_000) };
    outcomes.push(await handler(event, context).then((value) => ({ value }), (error) => ({ error: error.message })));
  }
  console.log(JSON.stringify({ outcomes, required: [...required] }));
})();
`;

/** Runs a handler's text on events in a bare process: nothing of this project, and the AWS SDK through NODE_PATH. */
export async function runSerialised(
  text: string,
  environment: Record<string, string>,
  events: unknown[],
): Promise<Run> {
  const directory = await mkdtemp(join(tmpdir(), "closure-"));
  try {
    await writeFile(join(directory, "__index.js"), text);
    await writeFile(join(directory, "run.js"), runner);
    const { stdout } = await promisify(execFile)(process.execPath, ["run.js"], {
      cwd: directory,
      env: {
        ...environment,
        EVENTS: JSON.stringify(events),
        NODE_PATH: join(__dirname, "../../../node_modules"),
        NODE_NO_WARNINGS: "1",
      },
    });
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    return { ...(lines.pop() as unknown as Pick<Run, "outcomes" | "required">), lines };
  } finally {
    await rm(directory, { recursive: true });
  }
}
