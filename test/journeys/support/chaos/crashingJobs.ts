import type { BadJobs } from "./chaos";

const crashes = {
  kill: [`process.kill(process.pid, "SIGKILL");`, /SIGKILL/],
  abort: ["process.abort();", /SIGABRT/],
  exit: ["process.exit(7);", /exit code 7/],
  throw: [`setTimeout(() => { throw new Error("nobody catches this"); }); await sleep(1_000);`, /nobody catches this/],
} as const;
const kinds = Object.keys(crashes) as (keyof typeof crashes)[];

/** If the worker is dead already, the handler's parent is a process unrelated to the journey. */
const killWorker = `const parent = process.ppid;
    const args = require("node:child_process").execFileSync("ps", ["-p", String(parent), "-o", "args="], { encoding: "utf8" });
    if (!args.includes("main.js")) throw new Error("the worker is gone");
    line("kill");
    process.kill(parent, "SIGKILL");
    await sleep(60_000);`;

/** Jobs that bring down their handler's process, and two that bring down their worker each time that they run. */
export const crashingJobs: BadJobs = {
  handler: `switch (job.payload.crash) {
${kinds.map((kind) => `  case "${kind}": ${crashes[kind][0]} break;`).join("\n")}
  case "worker": ${killWorker}
}`,
  create: () => [
    ...[...kinds, ...kinds].map((crash) => ({
      ...{ type: "mixed", payload: { ms: 0, failures: 0, crash }, maxAttempts: 2 },
      ends: crashes[crash][1],
    })),
    ...[1, 2].map(() => ({
      ...{ type: "mixed", payload: { ms: 0, failures: 0, crash: "worker" } },
      ends: /its worker ended or went silent .*, for the second time while the job ran alone/,
    })),
  ],
};
