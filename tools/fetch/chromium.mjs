// Makes sure that the console's suite has a Chromium: says what is missing, or installs Debian's package with
// `--install`. Exits with 75 if there can be none on this machine, which is not the project's fault.
import { spawnSync } from "node:child_process";
import { isMain } from "../project.mjs";

/** Programs that the suite takes, the first one that runs; `CHROMIUM` names another. */
const programs = [
  ...[process.env.CHROMIUM ?? "chromium", "chromium-browser", "google-chrome-stable", "google-chrome"],
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** The program; undefined if there is none. */
export function findChromium() {
  return programs.find((name) => spawnSync(name, ["--version"]).status === 0);
}

if (isMain(import.meta.url) && !findChromium()) {
  const isInstalling = process.argv.includes("--install");
  const packages = ["chromium", "fonts-dejavu-core"];
  const say = "The console's suite needs Chromium or Chrome: set CHROMIUM to its program, or on Debian:";
  const install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", ...packages];
  if (!isInstalling) {
    console.error(`${say} ${install.join(" ")}`);
    process.exit(1);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const [command, ...args] of [["apt-get", "update", "-qq"], install]) {
    const { status, stdout, stderr } = spawnSync(command, args, { env, encoding: "utf8" });
    if (status === 0) continue;
    console.error(`${command} ${args.join(" ")} failed:\n${stdout}\n${stderr}`);
    process.exit(75);
  }
  if (!findChromium()) {
    console.error("Chromium was installed and doesn't start");
    process.exit(75);
  }
}
