import { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { bareEnvironment, endChild, kill, startChild } from "./children";
import type { Callers } from "./callers";
import type { Log } from "./log";

export interface InstanceSettings {
  group: string;
  /** The worker's compiled main module. */
  workerMain: string;
  /** What the launch template's user data gives the worker. */
  environment: Record<string, string>;
  roleArn?: string;
  cloud: { endpoint: string; region: string; callers: Callers; log: Log };
  onExit: (instance: Instance, how: string) => void;
}

/** An instance of an Auto Scaling group: a worker process instead of a machine with a container. */
export class Instance {
  readonly id = `i-${randomBytes(9).toString("hex").slice(1)}`;
  readonly launchedAt = Date.now();
  private readonly child: ChildProcess;
  private readonly accessKeyId: string;

  constructor(private readonly settings: InstanceSettings) {
    const { callers, log, endpoint, region } = settings.cloud;
    const credentials = callers.issue({ name: this.id, roleArn: settings.roleArn });
    this.accessKeyId = credentials.accessKeyId;
    this.child = startChild({
      main: settings.workerMain,
      cwd: process.cwd(),
      env: {
        ...bareEnvironment(),
        ...(process.env.HOME && { HOME: process.env.HOME }),
        // The SDK warns on every start that it will stop supporting this version of Node.
        NODE_NO_WARNINGS: "1",
        ...settings.environment,
        AWS_REGION: region,
        AWS_ENDPOINT_URL: endpoint,
        AWS_EC2_METADATA_DISABLED: "true",
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        WORKER_ID: this.id,
        WORKER_EXIT_WITH_PARENT: "1",
      },
      onLine: (stream, line) => log({ source: "worker", name: this.id, stream, line }),
    });
    this.child.once("exit", (code, signal) => this.onExit(signal ? `signal ${signal}` : `status ${code}`));
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Lets the worker drain, and ends it after the grace. */
  async end(graceMilliseconds: number): Promise<void> {
    await endChild(this.child, graceMilliseconds);
  }

  /** Ends it as a power failure would. */
  kill(): void {
    kill(this.child, "SIGKILL");
  }

  private onExit(how: string): void {
    this.settings.cloud.callers.revoke(this.accessKeyId);
    this.settings.onExit(this, how);
  }
}
