import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { checkEnvironment, copyEnvironment } from "./environment";
import { active, checkInHook } from "./leakGuard";
import { testSeed } from "./seed";

fc.configureGlobal({ seed: testSeed });

// The AWS SDK's word on Node 20 says nothing about the code under test.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

// Local clouds leave word of themselves where their user's programs look; those of tests leave it elsewhere.
const stateFolder = mkdtempSync(join(tmpdir(), "state-"));
process.env.XDG_STATE_HOME = stateFolder;
process.once("exit", () => rmSync(stateFolder, { recursive: true, force: true }));

/** The component reads the Lambdas' text: one file of tests is enough to need it as the sources are now. */
export function mochaGlobalSetup(): void {
  const tool = join(__dirname, "..", "..", "tools", "build", "lambdas.mjs");
  const { status } = spawnSync(process.execPath, [tool, "--if-stale"], { stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) throw new Error("The Lambdas' text could not be built");
}

let before: string[];
let environment: NodeJS.ProcessEnv;

/**
 * Every file of tests leaves the process as it found it: where files share one (no `--parallel`), all of them together.
 */
export const mochaHooks = {
  beforeAll(): void {
    before = active();
    environment = copyEnvironment();
  },
  async afterAll(): Promise<void> {
    checkEnvironment(environment);
    await checkInHook("The tests", before);
  },
};
