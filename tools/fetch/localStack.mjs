// Sends the probes of test/parity/messaging to LocalStack's community edition, and records its answers; `--check` only
// compares them. Installing it from PyPI takes a minute, and needs Python 3.13: so CI compares with the record.
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { root } from "../project.mjs";
import { binariesOf, fail, installOnce } from "./pythonTool.mjs";

/** The last under the Apache licence. */
const version = "4.14.0";
/** With newer ones of these it doesn't start. */
const bounds = ["cryptography<45", "pyopenssl<25", "service_identity<24.2", "joserfc<1.1", "cbor2<5.9"];

const name = `localstack-${version}`;
const python = join(binariesOf(name), "python");

installOnce(name, {
  pythons: pythons(),
  versions: "sys.version_info[:2] == (3, 13)",
  expected: "Python 3.13, on which alone LocalStack runs, as `python3.13`",
  packages: [`localstack-core[runtime]==${version}`, ...bounds],
});
const port = await freePort();
const server = await start(port);
const recorder = join(root, "test", "parity", "messaging", "record.ts");
const args = ["--require", join(root, "test", "support", "loader.cjs"), recorder, `http://127.0.0.1:${port}`, version];
// Not awaited in one go: LocalStack blocks if its log isn't read.
const asking = spawn(process.execPath, [...args, ...process.argv.slice(2)], { cwd: root, stdio: "inherit" });
const status = await new Promise((resolve) => asking.once("exit", resolve));
server.kill("SIGKILL");
process.exit(status ?? 1);

/** Those on the path, and pyenv's, which it hides where another version is chosen. */
function pythons() {
  const versions = join(process.env.PYENV_ROOT ?? join(homedir(), ".pyenv"), "versions");
  const own = existsSync(versions) ? readdirSync(versions).filter((name) => name.startsWith("3.13.")) : [];
  return ["python3.13", "python3", ...own.map((name) => join(versions, name, "bin", "python3.13"))];
}

/** On this machine alone: its usual server and its DNS would listen to everybody. */
async function start(port) {
  const address = `127.0.0.1:${port}`;
  const env = {
    ...process.env,
    ...{ GATEWAY_SERVER: "hypercorn", GATEWAY_LISTEN: address, LOCALSTACK_HOST: address, DNS_ADDRESS: "0" },
    ...{ SQS_ENDPOINT_STRATEGY: "path", DISABLE_EVENTS: "1", SKIP_SSL_CERT_DOWNLOAD: "1" },
  };
  const child = spawn(python, ["-m", "localstack.runtime.main"], { env, stdio: ["ignore", "pipe", "pipe"] });
  process.once("exit", () => child.kill("SIGKILL"));
  const lines = [];
  await new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        lines.push(line);
        if (line.startsWith("Ready.")) resolve();
      });
    }
    child.once("exit", () => fail(`LocalStack ended before it was ready:\n${lines.join("\n")}`));
  });
  child.removeAllListeners("exit");
  return child;
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
