import type { BadJobs } from "./chaos";

const blocks = {
  child: `require("node:child_process").execSync("sleep 600");`,
  wait: `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);`,
  native: `require("node:crypto").pbkdf2Sync("a", "b", 2_000_000_000, 64, "sha512");`,
};
const kinds = Object.keys(blocks) as (keyof typeof blocks)[];

/** Jobs in calls that never come back, and hear nothing meanwhile: their timeout ends them. */
export const blockingJobs: BadJobs = {
  handler: `switch (job.payload.block) {
${kinds.map((kind) => `  case "${kind}": ${blocks[kind]}`).join("\n")}
}`,
  create: () =>
    kinds.map((block) => ({
      ...{ type: "mixed", payload: { ms: 0, failures: 0, block }, maxAttempts: 1 },
      ends: /^The attempt took longer than \d+ s and was stopped$/,
    })),
};
