import { spawn } from "node:child_process";
import { tmpdir } from "node:os";

/** Limit for a handler's text that never finishes loading; generous, since the deploying machine may be busy. */
const timeoutSeconds = 120;

/**
 * Loads each text as a module with Node's own modules. Every other package is a stub that accepts any use, since
 * only the worker image has the packages. Prints the errors, by name, as JSON. Its text runs in a process of its own,
 * so it captures nothing.
 */
function loadTexts(): void {
  const anything: unknown = new Proxy(function () {}, {
    get: (_, key) => (key === Symbol.toPrimitive ? () => "" : anything),
    apply: () => anything,
    construct: () => anything as object,
  });
  const load = (name: string) => (process.getBuiltinModule(name) as unknown) ?? anything;
  let input = "";
  process.stdin.setEncoding("utf8").on("data", (chunk: string) => (input += chunk));
  process.stdin.on("end", () => {
    const problems: Record<string, string> = {};
    for (const [name, text] of Object.entries(JSON.parse(input) as Record<string, string>)) {
      const module: { exports: { default?: unknown } } = { exports: {} };
      try {
        // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the text is the user's own module
        const run = new Function("exports", "require", "module", text) as (...args: unknown[]) => void;
        run(module.exports, load, module);
        const { default: handler } = module.exports;
        if (typeof handler !== "function") problems[name] = `Expected a function, got ${typeof handler}`;
      } catch (error) {
        problems[name] = String(error);
      }
    }
    process.stdout.write(`\n${JSON.stringify(problems)}`, () => process.exit(0));
  });
}

/**
 * Loads the texts in one separate Node process; resolves to each text's error, by name.
 *
 * @throws Error if the process ends otherwise, or takes longer than `limitSeconds`
 */
export async function smokeLoad(
  texts: Record<string, string>,
  limitSeconds = timeoutSeconds,
): Promise<Record<string, string>> {
  const child = spawn(process.execPath, ["-e", `(${String(loadTexts)})()`], {
    cwd: tmpdir(),
    env: {},
    stdio: ["pipe", "pipe", "pipe"],
    timeout: limitSeconds * 1_000,
    killSignal: "SIGKILL",
  });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  // The process's exit has the reason.
  child.stdin.on("error", () => undefined);
  child.stdin.end(JSON.stringify(texts));
  let how = await new Promise<string>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  const lastLine = Buffer.concat(output).toString().split("\n").at(-1)!;
  try {
    return JSON.parse(lastLine) as Record<string, string>;
  } catch (cause) {
    if (child.signalCode === "SIGKILL")
      how += `, after at most ${limitSeconds} s: does a module's top level wait or loop?`;
    const said = Buffer.concat(errors).toString().trim().slice(-1_000);
    throw new Error(`The inline handlers could not be loaded to try them: ${how}${said && `: ${said}`}`, { cause });
  }
}
