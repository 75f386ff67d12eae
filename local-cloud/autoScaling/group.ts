import type { LaunchFaultKind } from "../../contract/http/localControls";
import { Refused } from "../wire/refusal";
import { Activities, type Activity, endActivity } from "./activities";
import { causeOf, causes } from "./causes";
import { GroupMember } from "./groupMember";
import { type GroupSettings, type Placement, placeNext } from "./groupSettings";
import { Instance, type InstanceSettings } from "./instance";
import { type LaunchFaults, refuseLaunch } from "./launchFaults";
import type { LaunchTemplateVersion } from "./launchTemplates";
import type { LifecycleAction, LifecycleHook } from "./lifecycleAction";

/** The parts of the cloud that groups need. */
export interface GroupRuntime extends Pick<InstanceSettings, "workerMain" | "cloud"> {
  stopGraceMilliseconds: number;
  /** Replaces every launch hook's own timeout: tests don't wait for minutes. */
  launchHookSeconds?: number;
  faults: LaunchFaults;
  /** The version that the settings name at present. */
  templateOf: (settings: GroupSettings) => LaunchTemplateVersion;
  environmentOf: (template: LaunchTemplateVersion) => Record<string, string>;
  logGroupOf: (template: LaunchTemplateVersion) => string | undefined;
  roleOf: (template: LaunchTemplateVersion) => string | undefined;
}

/**
 * Milliseconds before a launch is tried again after one that failed or whose instance died young: doubled with each.
 */
const retryDelay = { first: 300, longest: 10_000, youngMilliseconds: 10_000 };

/** Time between EC2's notice and the interruption ("Spot Instance interruption notices"). */
const spotNoticeMilliseconds = 120_000;

/** Type for a launch template that names none. */
const defaultInstanceType = "t3.micro";

/** An Auto Scaling group: keeps the desired number of worker processes running. */
export class Group {
  readonly createdAt = new Date();
  readonly activities = new Activities();
  desiredCapacity: number;
  private readonly members = new Map<Instance, GroupMember>();
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
    return [...this.members.keys()];
  }

  get template(): LaunchTemplateVersion {
    return this.runtime.templateOf(this.settings);
  }

  /** The job type of its workers, if the launch template has it. */
  get jobType(): string | undefined {
    return this.runtime.environmentOf(this.template).WORKER_TYPE;
  }

  /** URL of its workers' queue. */
  get queueUrl(): string | undefined {
    return this.runtime.environmentOf(this.template).WORKER_QUEUE_URL;
  }

  /** Starts missing instances, and terminates surplus ones that are not protected, the oldest first. */
  adjust(reason?: string): void {
    if (this.isStopped) return;
    const { suspendedProcesses } = this.settings;
    // A change by a call is worth an attempt at once, even if the group itself still waits to try again.
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
      const cause = causeOf(reason, causes.shrunk(this.staying.length), causes.selected(chosen.id));
      this.members.get(chosen)!.beginTermination(cause);
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

  /** Applies other settings; the desired capacity follows if it is outside the new bounds. */
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

  /** Terminates an instance, after its terminate hook, and starts another unless desired is lowered. */
  terminate(instance: Instance, { lowersDesired }: { lowersDesired: boolean }): Activity {
    const from = this.desiredCapacity;
    if (lowersDesired) this.desiredCapacity--;
    const shrinking = lowersDesired ? { from, to: this.desiredCapacity } : undefined;
    const activity = this.members.get(instance)!.beginTermination(causeOf(causes.requested(instance.id, shrinking)));
    this.adjust();
    return activity;
  }

  /**
   * Has instances of another version of the launch template, or all, drain at once, and others launched in their place.
   */
  replaceOutdated(all = false): void {
    const { id, version } = this.template;
    for (const instance of this.staying) {
      if (!all && instance.template.id === id && instance.template.version === version) continue;
      this.members.get(instance)!.beginTermination(causeOf(causes.refreshed));
      instance.drain();
    }
    this.adjust();
  }

  /** Marks an instance healthy, or has it terminated and replaced. */
  setHealth(instance: Instance, isHealthy: boolean): void {
    if (instance.isTerminating) return;
    instance.isHealthy = isHealthy;
    if (isHealthy) return;
    this.members.get(instance)!.beginTermination(causeOf(causes.markedUnhealthy));
    this.adjust(causes.replaced);
  }

  /** The lifecycle action of that hook that the instance waits for. */
  actionOf(instance: Instance, hook: string): LifecycleAction | undefined {
    return this.members.get(instance)?.actionOf(hook);
  }

  /** Sends an interruption notice, and interrupts the instance when it is over; or only recommends to leave. */
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
    this.members.forEach((member) => member.cancelActions());
    await Promise.all(this.instances.map((instance) => instance.end(this.runtime.stopGraceMilliseconds)));
  }

  /** Instances that count towards the desired capacity. */
  private get staying(): Instance[] {
    return this.instances.filter(({ isTerminating }) => !isTerminating);
  }

  /** False if EC2 refuses; the group then tries again by itself. */
  private launch(reason?: string): boolean {
    const difference = reason === causes.replaced ? undefined : causes.started(this.staying.length);
    const placements = this.staying.map(({ placement }) => placement);
    const placement = placeNext(this.settings, this.desiredCapacity, placements);
    const launch = this.activities.begin({
      description: "Launching a new EC2 instance",
      cause: causeOf(reason, difference),
      details: JSON.stringify({ "Subnet ID": placement.subnetId, "Availability Zone": placement.zone }),
      status: "PreInService",
    });
    const fault = this.runtime.faults.strike(this.name, placement.isSpot);
    try {
      const { template } = this;
      if (fault) refuseLaunch(fault, template.imageId);
      const environment = this.runtime.environmentOf(template);
      const logGroup = this.runtime.logGroupOf(template);
      this.start({ template, placement, environment, logGroup, hasWorker: fault === undefined }, launch, fault);
      this.failedLaunches = 0;
      return true;
    } catch (error) {
      endActivity(launch, "Failed", `${(error as Error).message} Launching EC2 instance failed.`);
      this.retryLaunch();
      return false;
    }
  }

  private start(
    plan: Pick<InstanceSettings, "environment" | "logGroup" | "hasWorker"> & {
      template: LaunchTemplateVersion;
      placement: Placement;
    },
    launch: Activity,
    fault: LaunchFaultKind | undefined,
  ): void {
    const instanceType = plan.placement.instanceType ?? plan.template.instanceType ?? defaultInstanceType;
    const instance = new Instance({
      ...this.runtime,
      ...plan,
      placement: { ...plan.placement, instanceType },
      group: this.name,
      isProtected: this.settings.protectsInstances,
      roleArn: this.runtime.roleOf(plan.template),
      onRunning: () => (fault === "client-error" ? instance.kill() : member.beginService()),
      onExit: (gone, how) => this.remove(gone, how, fault),
    });
    const member = new GroupMember(instance, launch, {
      activities: this.activities,
      hooksOf: (transition) => this.hooksOf(transition),
      stopGraceMilliseconds: this.runtime.stopGraceMilliseconds,
      onAbandoned: () => this.adjust(),
    });
    this.members.set(instance, member);
  }

  private hooksOf(transition: LifecycleHook["transition"]): LifecycleHook[] {
    const { launchHookSeconds } = this.runtime;
    const hooks = this.settings.hooks.filter((hook) => hook.transition === transition);
    if (transition === "terminating" || launchHookSeconds === undefined) return hooks;
    return hooks.map((hook) => ({ ...hook, heartbeatSeconds: launchHookSeconds }));
  }

  private remove(gone: Instance, how: string, fault: LaunchFaultKind | undefined): void {
    const isExpected = gone.isTerminating;
    this.members.get(gone)!.finish(fault);
    this.members.delete(gone);
    if (this.isStopped || isExpected) return this.adjust();
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
