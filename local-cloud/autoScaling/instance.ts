import { type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { uptime } from "node:os";
import { leavingExitCode, wedged } from "../../contract/fleet/state";
import type { Listener } from "../../contract/http/listen";
import { bareEnvironment, endChild, kill, startChild } from "../children";
import type { Log } from "../log";
import type { Callers } from "../wire/callers";
import type { Placement } from "./groupSettings";
import type { LaunchTemplateVersion } from "./launchTemplates";
import { serveMetadata } from "./metadata";

export interface InstanceSettings {
  group: string;
  /** The worker's compiled main module. */
  workerMain: string;
  template: Pick<LaunchTemplateVersion, "id" | "name" | "version">;
  placement: Placement;
  /** True if it is protected from scale-in once it is in service. */
  isProtected: boolean;
  /** The worker's environment from the launch template's user data. */
  environment: Record<string, string>;
  logGroup: string | undefined;
  /** False for an instance whose worker never comes up. */
  hasWorker: boolean;
  roleArn?: string;
  cloud: { endpoint: string; region: string; callers: Callers; log: Log };
  /** Called when the machine runs: from then on hooks wait for its worker. */
  onRunning: (instance: Instance) => void;
  onExit: (instance: Instance, how: string) => void;
}

/** Names of the Auto Scaling API ("Amazon EC2 Auto Scaling instance lifecycle"). */
export type LifecycleState =
  | "Pending"
  | "Pending:Wait"
  | "Pending:Proceed"
  | "InService"
  | "Terminating"
  | "Terminating:Wait"
  | "Terminating:Proceed"
  | "Terminated";

/** Pause before a worker is started again, and the most starts: as an instance's systemd does it. */
const restart = { afterMilliseconds: 1_000, mostStarts: 6, withinMilliseconds: 900_000 };

/** A machine without an instance profile has no credentials: its worker may call nothing. */
const noRole = "no-instance-profile";

/** An instance of an Auto Scaling group: a worker process instead of a machine with a container. */
export class Instance {
  readonly id = `i-${randomBytes(9).toString("hex").slice(1)}`;
  readonly launchedAt = Date.now();
  lifecycleState: LifecycleState = "Pending";
  isHealthy = true;
  /** Epoch milliseconds. */
  inServiceSince?: number;
  /** Time of the interruption, once EC2 has announced it: epoch milliseconds. */
  interruptedAt?: number;
  /** Time of EC2's rebalance recommendation: epoch milliseconds. */
  rebalanceAt?: number;
  private readonly starting: Promise<void>;
  private child?: ChildProcess;
  private metadata?: Listener;
  private credentials?: ReturnType<Callers["issue"]>;
  /** Uptime of this machine until which its workers have counted the instance's use. */
  private countedUptime = uptime();
  private readonly exits: { at: number; isWedged: boolean }[] = [];
  private restartTimer?: NodeJS.Timeout;
  private isEnding = false;
  private isGone = false;

  constructor(private readonly settings: InstanceSettings) {
    this.starting = this.start().catch((error: Error) => this.onExit(error.message));
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  get template(): InstanceSettings["template"] {
    return this.settings.template;
  }

  get placement(): Placement {
    return this.settings.placement;
  }

  get isProtected(): boolean {
    return this.settings.isProtected;
  }

  /** The job type of its worker, if it has one. */
  get jobType(): string | undefined {
    return this.settings.environment.WORKER_TYPE;
  }

  get isTerminating(): boolean {
    return this.lifecycleState.startsWith("Terminat");
  }

  /** Asks the worker to take no more jobs, and to end once those at work are done. */
  drain(): void {
    if (this.child) kill(this.child, "SIGTERM");
  }

  /** Lets the worker drain, and ends it after the grace. */
  async end(graceMilliseconds: number): Promise<void> {
    this.isEnding = true;
    await this.starting;
    if (this.child && this.restartTimer === undefined) {
      // A suspended process reacts only to SIGKILL.
      kill(this.child, "SIGCONT");
      await endChild(this.child, graceMilliseconds);
    } else this.onExit("without a worker");
  }

  /** Ends it as a power failure would. */
  kill(): void {
    this.isEnding = true;
    if (this.child && this.restartTimer === undefined) kill(this.child, "SIGKILL");
    else this.onExit("without a worker");
  }

  /** Suspends its worker without ending it, like a machine that hangs. */
  hang(): void {
    if (this.child) kill(this.child, "SIGSTOP");
  }

  private async start(): Promise<void> {
    this.metadata = await serveMetadata(() => this.metadataItems());
    if (this.isEnding) return this.onExit("before its start");
    if (this.settings.hasWorker) this.startWorker();
    this.settings.onRunning(this);
  }

  private startWorker(): void {
    const { logGroup, cloud } = this.settings;
    const { callers, log, endpoint, region } = cloud;
    this.restartTimer = undefined;
    const credentials = (this.credentials ??= callers.issue({
      name: this.id,
      roleArn: this.settings.roleArn ?? noRole,
    }));
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
        AWS_EC2_METADATA_SERVICE_ENDPOINT: this.metadata!.address,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        ...(credentials.sessionToken !== undefined && { AWS_SESSION_TOKEN: credentials.sessionToken }),
        WORKER_ID: this.id,
        WORKER_COUNTED_UPTIME: String(this.countedUptime),
        WORKER_EXIT_WITH_PARENT: "1",
      },
      onLine: (stream, line) => log({ source: "worker", name: this.id, group: logGroup, stream, line }),
    });
    this.child.once("exit", (code, signal) => this.onWorkerExit(code, signal));
  }

  /** Starts a worker again that was up, as systemd does, until that happened too often. */
  private onWorkerExit(code: number | null, signal: NodeJS.Signals | null): void {
    const how = signal ? `signal ${signal}` : `status ${code}`;
    this.countedUptime = uptime();
    this.exits.push({ at: Date.now(), isWedged: code === wedged.exitCode });
    const isLeaving = this.isEnding || code === leavingExitCode;
    if (isLeaving || this.lifecycleState !== "InService" || isTooOften(this.exits)) return this.onExit(how);
    const line = `The worker of instance ${this.id} ended by itself (${how}) and is started again`;
    this.settings.cloud.log({ source: "cloud", name: this.settings.group, stream: "stderr", line });
    this.restartTimer = setTimeout(() => this.startWorker(), restart.afterMilliseconds);
  }

  private metadataItems(): Record<string, string | undefined> {
    const time = (at: number) => new Date(at).toISOString().replace(/\.\d+/, "");
    const { interruptedAt, rebalanceAt, placement } = this;
    return {
      "instance-id": this.id,
      "instance-type": placement.instanceType,
      "instance-life-cycle": placement.isSpot ? "spot" : "on-demand",
      "placement/region": this.settings.cloud.region,
      "placement/availability-zone": placement.zone,
      "autoscaling/target-lifecycle-state": this.isTerminating ? "Terminated" : "InService",
      "tags/instance/aws:autoscaling:groupName": this.settings.group,
      "spot/instance-action": interruptedAt && JSON.stringify({ action: "terminate", time: time(interruptedAt) }),
      "events/recommendations/rebalance": rebalanceAt && JSON.stringify({ noticeTime: time(rebalanceAt) }),
    } as Record<string, string | undefined>;
  }

  private onExit(how: string): void {
    if (this.isGone) return;
    this.isGone = true;
    clearTimeout(this.restartTimer);
    if (this.credentials) this.settings.cloud.callers.revoke(this.credentials.accessKeyId);
    void this.metadata?.close();
    this.settings.onExit(this, how);
  }
}

function isTooOften(exits: { at: number; isWedged: boolean }[]): boolean {
  const now = Date.now();
  const lately = exits.filter(({ at }) => now - at < restart.withinMilliseconds);
  const wedgedLately = lately.filter(({ at, isWedged }) => isWedged && now - at < wedged.withinSeconds * 1_000);
  return lately.length >= restart.mostStarts || wedgedLately.length >= wedged.mostExits;
}
