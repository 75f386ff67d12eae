// Makes sure that the container suite can run: lists missing programs, or installs them with `--install`
// (Debian's packages), and starts a Docker engine once. Exits with 75 if none can run on this machine, which is not the
// project's fault.
import { spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isMain } from "../project.mjs";

/** Exit code if the machine has no Docker engine and can't have one. */
export const impossible = 75;

/** Programs of the suite, by Debian's package. */
const programs = {
  dockerd: "docker.io",
  debootstrap: "debootstrap",
  openssl: "openssl",
  tar: "tar",
  python3: "python3",
};

/** The client that comes with the engine; another one that stands before it in PATH may lack BuildKit. */
function findDocker() {
  return ["/usr/bin/docker", "docker"].find((name) => spawnSync(name, ["--version"]).status === 0);
}

/**
 * Starts an engine of its own: its socket and all its data are in the folder, and it has only the host's network.
 * @returns its client's environment, and `stop()`; or `problem` with its last words
 */
export async function startEngine(folder) {
  const socket = `unix://${folder}/docker.sock`;
  const logFile = join(folder, "dockerd.log");
  const log = openSync(logFile, "w");
  const places = { "--data-root": "data", "--exec-root": "exec", "--pidfile": "dockerd.pid" };
  const own = Object.entries(places).flatMap(([option, name]) => [option, join(folder, name)]);
  const isolated = ["--bridge=none", "--iptables=false", "--ip6tables=false"];
  const daemon = spawn("dockerd", [...own, "--host", socket, ...isolated], {
    stdio: ["ignore", log, log],
    detached: true,
  });
  closeSync(log);
  let end;
  daemon.once("error", (error) => (end = error.message));
  daemon.once("exit", (code, signal) => (end = `exit code ${code ?? signal}`));
  const kill = () => daemon.kill("SIGKILL");
  process.once("exit", kill);
  const env = { ...process.env, DOCKER_HOST: socket, DOCKER_BUILDKIT: "1", DOCKER_CONFIG: join(folder, "config") };
  const docker = findDocker();
  for (;;) {
    if (end !== undefined) {
      process.off("exit", kill);
      const words = readFileSync(logFile, "utf8").trim().split("\n").slice(-5).join("\n");
      rmSync(folder, { recursive: true, force: true });
      return { problem: `dockerd ended (${end}):\n${words}` };
    }
    if (spawnSync(docker, ["info"], { env }).status === 0) break;
    await sleep(200);
  }
  const stop = async () => {
    daemon.kill("SIGTERM");
    while (end === undefined) await sleep(50);
    process.off("exit", kill);
    spawnSync("sh", ["-c", 'umount "$0"/netns/* 2>/dev/null', join(folder, "exec")]);
    rmSync(folder, { recursive: true, force: true });
  };
  return { docker, env, stop };
}

function missing() {
  return Object.entries(programs).filter(
    ([program]) => spawnSync("sh", ["-c", `PATH=$PATH:/usr/sbin:/sbin command -v ${program}`]).status !== 0,
  );
}

/** Without the engine that Debian would start: the suite has one of its own. */
function install(packages) {
  const policy = "/usr/sbin/policy-rc.d";
  const isOwn = !existsSync(policy);
  if (isOwn) writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    run("apt-get", ["update", "-qq"]);
    // Where the client is a package of its own, so is its BuildKit.
    const client = ["docker-cli", "docker-buildx"].filter(
      (name) => spawnSync("apt-cache", ["show", name]).status === 0,
    );
    const wanted = packages.includes("docker.io") ? [...packages, ...client] : packages;
    run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...wanted]);
  } finally {
    if (isOwn) rmSync(policy);
  }
}

function run(command, args) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const { status, stdout, stderr } = spawnSync(command, args, { env, encoding: "utf8" });
  if (status !== 0) fail(`${command} ${args.join(" ")} failed:\n${stdout}\n${stderr}`, impossible);
}

function fail(problem, code = 1) {
  console.error(problem);
  process.exit(code);
}

async function main() {
  if (process.platform !== "linux" || process.getuid() !== 0) {
    fail("The container suite starts a Docker engine of its own: Expected root on Linux", impossible);
  }
  const absent = missing();
  const packages = [...new Set(absent.map(([, name]) => name))];
  if (absent.length > 0 && !process.argv.includes("--install")) {
    const names = absent.map(([program]) => program).join(", ");
    fail(
      `The container suite needs ${names}. On Debian: apt-get install --no-install-recommends ${packages.join(" ")}`,
    );
  }
  if (packages.length > 0) install(packages);
  const engine = await startEngine(mkdtempSync(join(tmpdir(), "docker-")));
  if (engine.problem) fail(engine.problem, impossible);
  const problem = tryContainer(engine);
  await engine.stop();
  if (problem) fail(`No container could be run:\n${problem}`, impossible);
}

/** Runs this machine's own `true` in a container, with the kinds of bounds that a worker has. */
function tryContainer({ docker, env }) {
  const script = `tar -ch --absolute-names "$(type -P true)" $(ldd "$(type -P true)" | grep -o '/[^ ]*') \
    | "$0" import - trial && "$0" run --rm --network host --init --read-only --cap-drop ALL \
      --security-opt no-new-privileges --memory 64m --pids-limit 64 trial "$(type -P true)"`;
  const { status, stderr } = spawnSync("bash", ["-o", "pipefail", "-c", script, docker], { env, encoding: "utf8" });
  return status === 0 ? undefined : stderr;
}

if (isMain(import.meta.url)) await main();
