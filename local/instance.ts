import { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { bareEnvironment, endChild, kill, startChild } from "./children";
import type { Callers } from "./callers";
import type { Listener } from "./listen";
import type { Log } from "./log";
import { serveMetadata } from "./metadata";

export interface InstanceSettings {
  group: string;
  /** The worker's compiled main module. */
  workerMain: string;
  /** What the launch template's user data gives the worker. */
  environment: Record<string, string>;
  roleArn?: string;
  cloud: { endpoint: string; region: string; callers: Callers; log: Log };
  /** Whether it waits at a launch hook before it is in service. */
  isPending: boolean;
  onExit: (instance: Instance, how: string) => void;
}

/** As the Auto Scaling API calls them ("Amazon EC2 Auto Scaling instance lifecycle"). */
export type LifecycleState = "Pending:Wait" | "InService" | "Terminating:Wait" | "Terminating:Proceed" | "Terminated";

/** An instance of an Auto Scaling group: a worker process instead of a machine with a container. */
export class Instance {
  readonly id = `i-${randomBytes(9).toString("hex").slice(1)}`;
  readonly launchedAt = Date.now();
  lifecycleState: LifecycleState;
  /** When EC2 takes it back, once it has said so: epoch milliseconds. */
  interruptedAt?: number;
  /** When EC2 recommended to leave: epoch milliseconds. */
  rebalanceAt?: number;
  private readonly starting: Promise<void>;
  private child?: ChildProcess;
  private metadata?: Listener;
  private accessKeyId?: string;
  private isEnding = false;

  constructor(private readonly settings: InstanceSettings) {
    this.lifecycleState = settings.isPending ? "Pending:Wait" : "InService";
    this.starting = this.start().catch((error: Error) => this.onExit(error.message));
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  get isTerminating(): boolean {
    return this.lifecycleState.startsWith("Terminat");
  }

  /** Lets the worker drain, and ends it after the grace. */
  async end(graceMilliseconds: number): Promise<void> {
    this.isEnding = true;
    await this.starting;
    if (this.child) await endChild(this.child, graceMilliseconds);
  }

  /** Ends it as a power failure would. */
  kill(): void {
    if (this.child) kill(this.child, "SIGKILL");
  }

  private async start(): Promise<void> {
    this.metadata = await serveMetadata(() => this.metadataItems());
    if (this.isEnding) return this.onExit("before its start");
    const { callers, log, endpoint, region } = this.settings.cloud;
    const credentials = callers.issue({ name: this.id, roleArn: this.settings.roleArn });
    this.accessKeyId = credentials.accessKeyId;
    this.child = startChild({
      main: this.settings.workerMain,
      cwd: process.cwd(),
      env: {
        ...bareEnvironment(),
        ...(process.env.HOME && { HOME: process.env.HOME }),
        // The SDK warns on every start that it will stop supporting this version of Node.
        NODE_NO_WARNINGS: "1",
        ...this.settings.environment,
        AWS_REGION: region,
        AWS_ENDPOINT_URL: endpoint,
        AWS_EC2_METADATA_SERVICE_ENDPOINT: this.metadata.address,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        WORKER_ID: this.id,
        WORKER_EXIT_WITH_PARENT: "1",
      },
      onLine: (stream, line) => log({ source: "worker", name: this.id, stream, line }),
    });
    this.child.once("exit", (code, signal) => this.onExit(signal ? `signal ${signal}` : `status ${code}`));
  }

  private metadataItems(): Record<string, string | undefined> {
    const time = (at: number) => new Date(at).toISOString().replace(/\.\d+/, "");
    const { interruptedAt, rebalanceAt } = this;
    return {
      "instance-id": this.id,
      "placement/region": this.settings.cloud.region,
      "autoscaling/target-lifecycle-state": this.isTerminating ? "Terminated" : "InService",
      "tags/instance/aws:autoscaling:groupName": this.settings.group,
      "spot/instance-action": interruptedAt && JSON.stringify({ action: "terminate", time: time(interruptedAt) }),
      "events/recommendations/rebalance": rebalanceAt && JSON.stringify({ noticeTime: time(rebalanceAt) }),
    } as Record<string, string | undefined>;
  }

  private onExit(how: string): void {
    if (this.accessKeyId) this.settings.cloud.callers.revoke(this.accessKeyId);
    void this.metadata?.close();
    this.settings.onExit(this, how);
  }
}
