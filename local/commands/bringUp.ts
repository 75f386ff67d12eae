import { existsSync } from "node:fs";
import { join } from "node:path";
import { LocalCloud, startCloud } from "../cloud";
import { deploy } from "../deploy";
import { Log } from "../log";
import { packageRoot } from "../packageFolder";
import { loadStackConfig } from "../stackConfig";

/** The outputs of the project's own program, index.ts. */
export interface ProgramOutputs {
  url: string;
  topicArn: string;
  queueUrls: Record<string, string>;
  deadLetterQueueUrls: Record<string, string>;
  unroutableQueueUrl: string;
  jobTable: string;
  groups: Record<string, string>;
  dataBucket: string;
}

export interface RunningStack {
  cloud: LocalCloud;
  outputs: ProgramOutputs;
  /** From the start of this process until the stack was up. */
  seconds: number;
}

const project = "batch-job-processor";

// The SDK's word on Node 20 is for whoever maintains this package, not for the person at the keyboard.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

/**
 * Brings the project's own program up in a local cloud. Ctrl-C and SIGTERM then stop the cloud and end the process.
 *
 * @throws Error where there is no such stack file, the program fails, or the port is taken.
 */
export async function bringUp(options: { stack: string; port?: number; log: Log }): Promise<RunningStack> {
  const file = join(packageRoot(), `Pulumi.${options.stack}.yaml`);
  if (!existsSync(file)) throw new Error(`Expected a stack file Pulumi.${options.stack}.yaml, found none`);
  const config = loadStackConfig(file);
  const cloud = await startCloud({ port: options.port, region: config["aws:region"], log: options.log });
  stopOnSignal(cloud);
  stopWithReader(cloud);
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the program runs where it is loaded
  const program = () => require("../../index") as unknown;
  const outputs = await deploy({ program, cloud, project, stack: options.stack, config });
  return { cloud, outputs: outputs as unknown as ProgramOutputs, seconds: process.uptime() };
}

/** Whoever read the output, `head` say, has had enough: that is no failure. */
function stopWithReader(cloud: LocalCloud): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    void cloud.stop().finally(() => process.exit());
  });
}

function stopOnSignal(cloud: LocalCloud): void {
  let isStopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      // The second one doesn't wait for workers to drain; children end with their parent.
      if (isStopping) process.exit(130);
      isStopping = true;
      if (process.stderr.isTTY) process.stderr.write("\nStopping; once more to stop at once.\n");
      void cloud.stop().finally(() => process.exit(process.exitCode ?? (signal === "SIGINT" ? 130 : 143)));
    });
  }
}
