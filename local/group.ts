import { Activities, Activity, endActivity } from "./activities";
import { causeOf, causes } from "./causes";
import { GroupSettings, placeNext } from "./groupSettings";
import { Instance, InstanceSettings } from "./instance";
import { diedPending, LaunchFaultKind, LaunchFaults, launchRefusal } from "./launchFaults";
import type { LaunchTemplateVersion } from "./launchTemplates";
import { LifecycleAction, LifecycleOutcome } from "./lifecycleAction";
import { Refused } from "./refused";

/** What groups need of the cloud around them. */
export interface GroupRuntime extends Pick<InstanceSettings, "workerMain" | "cloud"> {
  stopGraceMilliseconds: number;
  /** In place of every launch hook's own timeout: tests don't wait for minutes. */
  launchHookSeconds?: number;
  faults: LaunchFaults;
  /** The version that the settings name, now. */
  templateOf: (settings: GroupSettings) => LaunchTemplateVersion;
  environmentOf: (template: LaunchTemplateVersion) => Record<string, string>;
  roleOf: (template: LaunchTemplateVersion) => string | undefined;
}

/** Milliseconds before a launch is tried again after one that failed or whose instance died young: doubled with each. */
const retryDelay = { first: 300, longest: 10_000, youngMilliseconds: 10_000 };

/** EC2 gives so much notice ("Spot Instance interruption notices"). */
const spotNoticeMilliseconds = 120_000;

/** From the end of a launch hook until the instance is in service. */
const proceedMilliseconds = 50;

/** An Auto Scaling group: keeps as many worker processes running as is desired. */
export class Group {
  readonly createdAt = new Date();
  readonly activities = new Activities();
  desiredCapacity: number;
  private readonly living = new Map<Instance, { launch: Activity; end?: Activity; actions: LifecycleAction[] }>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private delayed = 0;
  private youngDeaths = 0;
  private failedLaunches = 0;
  private isRetrying = false;
  private isStopped = false;

  constructor(
    readonly name: string,
    readonly arn: string,
    public settings: GroupSettings,
    desiredCapacity: number,
    private readonly runtime: GroupRuntime,
  ) {
    this.desiredCapacity = Math.max(settings.minSize, desiredCapacity);
  }

  get instances(): Instance[] {
    return [...this.living.keys()];
  }

  get template(): LaunchTemplateVersion {
    return this.runtime.templateOf(this.settings);
  }

  /** The job type that its workers are for, if the launch template says so. */
  get jobType(): string | undefined {
    return this.runtime.environmentOf(this.template).WORKER_TYPE;
  }

  /** Starts what is missing, and ends what is too much and not protected, the oldest first. */
  adjust(reason?: string): void {
    if (this.isStopped) return;
    const { suspendedProcesses } = this.settings;
    // A change by somebody is worth an attempt at once, where the group itself still waits to try again.
    const mayLaunch = !suspendedProcesses.includes("Launch") && (reason !== undefined || !this.isRetrying);
    while (mayLaunch && this.staying.length + this.delayed < this.desiredCapacity) {
      if (!this.launch(reason)) break;
    }
    if (suspendedProcesses.includes("Terminate")) return;
    for (let surplus = this.staying.length - this.desiredCapacity; surplus > 0; surplus--) {
      const chosen = this.staying.find(
        ({ isProtected, lifecycleState }) => !(isProtected && lifecycleState === "InService"),
      );
      if (!chosen) return;
      this.beginTermination(chosen, causeOf(reason, causes.shrunk(this.staying.length), causes.selected(chosen.id)));
    }
  }

  /** @throws Refused beyond the group's bounds. */
  setDesiredCapacity(count: number): void {
    const { minSize, maxSize } = this.settings;
    const refusal = (side: string) =>
      new Refused(`New SetDesiredCapacity value ${count} is ${side} for the AutoScalingGroup.`);
    if (count < minSize) throw refusal(`below min value ${minSize}`);
    if (count > maxSize) throw refusal(`above max value ${maxSize}`);
    const before = this.desiredCapacity;
    this.desiredCapacity = count;
    this.adjust(causes.desiredSet(before, count));
  }

  /** Takes other settings over; the desired capacity follows where it is out of the new bounds. */
  update(
    changes: Partial<GroupSettings>,
    { by, desiredCapacity }: { by: "user request" | "scheduled action"; desiredCapacity?: number },
  ): void {
    this.settings = { ...this.settings, ...changes };
    const { minSize, maxSize } = this.settings;
    const before = this.desiredCapacity;
    this.desiredCapacity = Math.min(Math.max(desiredCapacity ?? before, minSize), maxSize);
    this.adjust(causes.updated(by, minSize, maxSize, before, this.desiredCapacity));
  }

  /** Ends an instance, after its terminate hook, and starts another unless desired is lowered. */
  terminate(instance: Instance, { lowersDesired }: { lowersDesired: boolean }): Activity {
    const from = this.desiredCapacity;
    if (lowersDesired) this.desiredCapacity--;
    const shrinking = lowersDesired ? { from, to: this.desiredCapacity } : undefined;
    const activity = this.beginTermination(instance, causeOf(causes.requested(instance.id, shrinking)));
    this.adjust();
    return activity;
  }

  /** Says that an instance is healthy, or has it ended and replaced. */
  setHealth(instance: Instance, isHealthy: boolean): void {
    if (instance.isTerminating) return;
    instance.isHealthy = isHealthy;
    if (isHealthy) return;
    this.beginTermination(instance, causeOf(causes.markedUnhealthy));
    this.adjust(causes.replaced);
  }

  /** The action of that hook that the instance waits for. */
  actionOf(instance: Instance, hook: string): LifecycleAction | undefined {
    return this.living.get(instance)?.actions.find((action) => action.hook.name === hook);
  }

  /** EC2 says that it takes the instance back, and does so when the notice is over; or only recommends to leave. */
  interrupt(instance: Instance, kind: "spot" | "rebalance"): void {
    if (kind === "rebalance") instance.rebalanceAt = Date.now();
    else {
      instance.interruptedAt = Date.now() + spotNoticeMilliseconds;
      this.later(spotNoticeMilliseconds, () => instance.kill());
    }
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.timers.forEach((timer) => clearTimeout(timer));
    this.living.forEach(({ actions }) => actions.forEach((action) => action.cancel()));
    await Promise.all(this.instances.map((instance) => instance.end(this.runtime.stopGraceMilliseconds)));
  }

  /** What counts towards the desired capacity. */
  private get staying(): Instance[] {
    return this.instances.filter(({ isTerminating }) => !isTerminating);
  }

  /** False where EC2 refuses; the group then tries again by itself. */
  private launch(reason?: string): boolean {
    const difference = reason === causes.replaced ? undefined : causes.started(this.staying.length);
    const { template } = this;
    const placements = this.staying.map(({ placement }) => placement);
    const placement = placeNext(this.settings, this.desiredCapacity, placements, template.instanceType ?? "t3.micro");
    const launch = this.activities.begin({
      description: "Launching a new EC2 instance",
      cause: causeOf(reason, difference),
      details: JSON.stringify({ "Subnet ID": placement.subnetId, "Availability Zone": placement.zone }),
      status: "PreInService",
    });
    const fault = this.runtime.faults.strike(this.name, placement.isSpot);
    const refusal = fault && launchRefusal(fault, template.imageId ?? "ami-00000000000000000");
    if (refusal) {
      endActivity(launch, "Failed", refusal);
      this.retryLaunch();
      return false;
    }
    this.failedLaunches = 0;
    const instance = new Instance({
      ...this.runtime,
      ...{ group: this.name, template, placement, isProtected: this.settings.protectsInstances },
      hasWorker: fault === undefined,
      environment: this.runtime.environmentOf(template),
      roleArn: this.runtime.roleOf(template),
      onRunning: (running) => this.beginService(running, fault),
      onExit: (gone, how) => this.remove(gone, how, fault),
    });
    launch.description += `: ${instance.id}`;
    this.living.set(instance, { launch, actions: [] });
    return true;
  }

  private beginService(instance: Instance, fault: LaunchFaultKind | undefined): void {
    if (fault === "client-error") return instance.kill();
    if (instance.lifecycleState !== "Pending") return;
    this.awaitHooks(instance, "launching", ({ isAbandoned, isTimeout }, token) => {
      if (isAbandoned) return this.abandonLaunch(instance, isTimeout, token);
      instance.lifecycleState = "Pending:Proceed";
      this.later(proceedMilliseconds, () => this.enterService(instance));
    });
    if (instance.lifecycleState === "Pending") this.enterService(instance);
  }

  private enterService(instance: Instance): void {
    const entry = this.living.get(instance);
    if (!entry || instance.isTerminating) return;
    instance.lifecycleState = "InService";
    instance.inServiceSince = Date.now();
    endActivity(entry.launch, "Successful");
  }

  private abandonLaunch(instance: Instance, isTimeout: boolean, token: string): void {
    const why = isTimeout ? "Heartbeat Timeout" : "Lifecycle Action Completed with ABANDON Result";
    const action = `Lifecycle Action with token ${token} was abandoned: ${why}`;
    endActivity(
      this.living.get(instance)!.launch,
      "Cancelled",
      `Instance failed to complete user's Lifecycle Action: ${action}`,
    );
    this.proceed(instance);
    this.adjust();
  }

  private beginTermination(instance: Instance, cause: string): Activity {
    const entry = this.living.get(instance)!;
    const { launch, actions } = entry;
    if (instance.isTerminating) return entry.end ?? launch;
    actions.splice(0).forEach((action) => action.cancel());
    endActivity(launch, "Cancelled", "The instance was terminated before it was in service.");
    entry.end = this.activities.begin({
      description: `Terminating EC2 instance: ${instance.id}`,
      cause,
      details: launch.details,
      status: "InProgress",
    });
    instance.lifecycleState = "Terminating";
    this.awaitHooks(instance, "terminating", () => this.proceed(instance));
    if (instance.lifecycleState === "Terminating") this.end(instance);
    return entry.end;
  }

  /** Has the instance wait at all hooks of the transition; `onEnd` is called once. Nothing happens where there is none. */
  private awaitHooks(
    instance: Instance,
    transition: "launching" | "terminating",
    onEnd: (outcome: LifecycleOutcome, token: string) => void,
  ): void {
    const hooks = this.settings.hooks.filter((hook) => hook.transition === transition);
    if (hooks.length === 0) return;
    const entry = this.living.get(instance)!;
    const activity = entry.end ?? entry.launch;
    instance.lifecycleState = transition === "launching" ? "Pending:Wait" : "Terminating:Wait";
    Object.assign(activity, { status: "MidLifecycleAction", progress: 50 });
    entry.actions = hooks.map((hook) => {
      const { launchHookSeconds } = this.runtime;
      const isShortened = transition === "launching" && launchHookSeconds !== undefined;
      const action = new LifecycleAction(
        isShortened ? { ...hook, heartbeatSeconds: launchHookSeconds } : hook,
        (outcome) => {
          entry.actions = entry.actions.filter((other) => other !== action);
          if (!outcome.isAbandoned && entry.actions.length > 0) return;
          entry.actions.splice(0).forEach((other) => other.cancel());
          onEnd(outcome, action.token);
        },
      );
      return action;
    });
  }

  private proceed(instance: Instance): void {
    instance.lifecycleState = "Terminating:Proceed";
    this.end(instance);
  }

  private end(instance: Instance): void {
    void instance.end(this.runtime.stopGraceMilliseconds);
  }

  private remove(gone: Instance, how: string, fault: LaunchFaultKind | undefined): void {
    const { launch, end, actions } = this.living.get(gone)!;
    this.living.delete(gone);
    actions.forEach((action) => action.cancel());
    const isExpected = gone.isTerminating;
    gone.lifecycleState = "Terminated";
    if (end) endActivity(end, "Successful");
    if (this.isStopped || isExpected) return this.adjust();
    this.recordDeath(gone, launch, fault);
    if (this.staying.length + this.delayed >= this.desiredCapacity) return;
    const line = `Instance ${gone.id} ended by itself (${how}) and is replaced`;
    this.runtime.cloud.log({ source: "cloud", name: this.name, stream: "stderr", line });
    this.youngDeaths = Date.now() - gone.launchedAt < retryDelay.youngMilliseconds ? this.youngDeaths + 1 : 0;
    this.delayed++;
    this.later(retryMilliseconds(this.youngDeaths), () => {
      this.delayed--;
      this.adjust(causes.replaced);
    });
  }

  private recordDeath(gone: Instance, launch: Activity, fault: LaunchFaultKind | undefined): void {
    if (!launch.endedAt) return endActivity(launch, "Cancelled", diedPending(fault));
    const { details } = launch;
    const description = `Terminating EC2 instance: ${gone.id}`;
    endActivity(
      this.activities.begin({ description, cause: causeOf(causes.foundDead), details, status: "InProgress" }),
      "Successful",
    );
  }

  private retryLaunch(): void {
    this.failedLaunches++;
    this.isRetrying = true;
    this.later(retryMilliseconds(this.failedLaunches), () => {
      this.isRetrying = false;
      this.adjust();
    });
  }

  private later(milliseconds: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      action();
    }, milliseconds);
    this.timers.add(timer);
  }
}

function retryMilliseconds(misfortunes: number): number {
  return Math.min(retryDelay.first * 2 ** Math.max(0, misfortunes - 1), retryDelay.longest);
}
