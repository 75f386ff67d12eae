// Runs a command while a number of loops keep the processor busy: `node tools/busy.mjs 2 -- npm test`. Exits as the
// command does.
import { spawn } from "node:child_process";
import { Worker } from "node:worker_threads";

const [count, separator, command, ...args] = process.argv.slice(2);
if (!/^\d+$/.test(count ?? "") || separator !== "--" || !command) {
  console.error("Expected: node tools/busy.mjs COUNT -- COMMAND [ARGUMENT…]");
  process.exit(2);
}
const loops = Array.from({ length: Number(count) }, () => new Worker("for (;;);", { eval: true }));
const child = spawn(command, args, { stdio: "inherit" });
child.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
child.on("exit", (code) => process.exit(code ?? 1));
for (const loop of loops) loop.unref();
