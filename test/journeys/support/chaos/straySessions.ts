import { execFileSync } from "node:child_process";
import type { BadJobs } from "./chaos";

const jobCount = 40;

/** Seconds for which the stray processes would sleep: no other process on the machine has this argument. */
const marker = `8${process.pid}`;

/** The command's program: starts a session of its own with children in it, then succeeds, fails once, or stays. */
const program = `const { spawn } = require("node:child_process");
const job = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const line = (what) => note([what, job.id, job.attempt, "-", Date.now()].join(" "));
line("start");
const script = "sleep ${marker} & setsid sleep ${marker} & (sleep ${marker} &) ; exec sleep ${marker}";
spawn("sh", ["-c", script], { detached: true, stdio: "ignore" }).unref();
setTimeout(() => {
  line("end");
  if (job.payload.end === "stay") spawn("sleep", ["${marker}"], { stdio: "inherit" });
  else process.exit(job.payload.end === "fail" && job.attempt === 1 ? 1 : 0);
}, 50);`;

/** Commands whose descendants leave their session, and must be gone with the attempt however it ends. */
export const straySessions: BadJobs = {
  processor: { name: "straying", program },
  create: (random) =>
    Array.from({ length: jobCount }, (_, index) => {
      const end = index % 10 === 0 ? "stay" : random() < 0.2 ? "fail" : "succeed";
      const stays = { maxAttempts: 1, ends: /^The attempt took longer than \d+ s and was stopped$/ };
      return { type: "straying", payload: { end }, ...(end === "stay" && stays) };
    }),
  leftovers: () =>
    execFileSync("ps", ["-A", "-o", "pid=,args="], { encoding: "utf8" })
      .split("\n")
      .filter((line) => line.includes(marker)),
};
