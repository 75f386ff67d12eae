// Finds a Pulumi CLI for the suites that run the real engine, and prints the folders to put in front of PATH:
//
//   PATH="$(node tools/fetch/pulumiCli.mjs):$PATH" pulumi version
//
// One on the PATH comes first. Otherwise it is built once with Go from the modules of tools/fetch/pulumi, at the
// version of the SDK: the binaries are kept in the user's cache folder. With `--yaml` there is Pulumi YAML's language
// host too, which an installed CLI has anyway. It reports its steps on standard error. Without CLI and Go it fails.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { isMain, root } from "../project.mjs";

const moduleFolder = join(root, "tools", "fetch", "pulumi");
const suffix = process.platform === "win32" ? ".exe" : "";
const installation = "https://www.pulumi.com/docs/iac/download-install/";

/** The version that the CLI is built at. */
const cliVersion = requiredVersion(moduleFolder, "github.com/pulumi/pulumi/pkg/v3");

/** Folders that hold `pulumi` and its language hosts: first come, first served. */
function pulumiFolders({ hasYaml = false } = {}) {
  const installed = onPath("pulumi");
  if (installed) {
    const version = execFileSync(installed, ["version"], { encoding: "utf8" }).trim();
    say(`Pulumi ${version} from ${dirname(installed)}`);
    return [dirname(installed)];
  }
  const cli = built({
    name: "pulumi",
    source: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    folder: moduleFolder,
    version: cliVersion,
    linked: `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${cliVersion}`,
  });
  // The Node language host is the project's own: there is no module of it to build.
  const folders = [join(moduleFolder, "bin"), cli];
  if (!hasYaml) return folders;
  const yaml = join(moduleFolder, "yaml");
  const version = requiredVersion(yaml, "github.com/pulumi/pulumi-yaml");
  const source = "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml";
  return [...folders, built({ name: "pulumi-language-yaml", source, folder: yaml, version, linked: "" })];
}

/** The folder of a binary, which is built if need be. */
function built({ name, source, folder, version, linked }) {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const target = join(cache, "batch-job-processor", `${name}-${version}-${hashOf(folder)}`);
  if (existsSync(target)) return target;
  const go = onPath("go");
  if (!go) {
    fail(
      "Expected `pulumi` on the PATH, or Go 1.25 or newer to build it with; found neither. " +
        `Install the CLI as ${installation} says, or Go from https://go.dev/dl/, and try again.`,
    );
  }
  say(`Building ${name} ${version} with Go into ${target}: once, and it takes a few minutes`);
  mkdirSync(dirname(target), { recursive: true });
  const temporary = mkdtempSync(`${target}.`);
  const args = ["build", "-trimpath", "-ldflags", `-s -w ${linked}`, "-o", join(temporary, name + suffix), source];
  const { status } = spawnSync(go, args, { cwd: folder, stdio: ["ignore", 2, 2] });
  if (status !== 0) {
    rmSync(temporary, { recursive: true, force: true });
    fail(`${name} could not be built. Install the Pulumi CLI instead: ${installation}`);
  }
  try {
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    // Another process has built it meanwhile.
    if (!existsSync(target)) throw error;
  }
  return target;
}

function requiredVersion(folder, module) {
  const requirement = readFileSync(join(folder, "go.mod"), "utf8").match(new RegExp(`${module} v(\\S+)`));
  if (!requirement) throw new Error(`Expected ${join(folder, "go.mod")} to require ${module}`);
  return requirement[1];
}

/** The binary depends on all of the module's requirements, not on the version alone. */
function hashOf(folder) {
  const hash = createHash("sha256");
  for (const name of ["go.mod", "go.sum"]) hash.update(readFileSync(join(folder, name)));
  return hash.digest("hex").slice(0, 12);
}

function onPath(name) {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, name + suffix)).find((file) => existsSync(file));
}

function say(line) {
  process.stderr.write(`${line}\n`);
}

function fail(problem) {
  say(problem);
  process.exit(1);
}

if (isMain(import.meta.url)) {
  console.log(pulumiFolders({ hasYaml: process.argv.includes("--yaml") }).join(delimiter));
}
