// Lists the packages of consumers with known vulnerabilities; exits with 1 for high and critical ones. If the
// registry answers no audit, it says so, since nothing was checked then.
import { spawnSync } from "node:child_process";

const { stdout } = spawnSync("npm", ["audit", "--omit=dev", "--json"], { encoding: "utf8" });

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

const { vulnerabilities, metadata, message } = parse(stdout);
if (!metadata || !vulnerabilities) {
  console.error(`No audit: ${message ?? "the registry doesn't answer"}. Run npm audit --omit=dev where it does.`);
} else {
  for (const { name, severity, range } of Object.values(vulnerabilities)) console.log(`${severity}: ${name} ${range}`);
  const { high, critical, total } = metadata.vulnerabilities;
  console.log(`${total} known vulnerabilities in what consumers install, ${high + critical} of them high or critical`);
  if (high + critical > 0) process.exitCode = 1;
}
