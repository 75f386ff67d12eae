import { Instance, InstanceSettings } from "./instance";

/** A lifecycle hook of a group. */
export interface LifecycleHook {
  name: string;
  transition: "launching" | "terminating";
  heartbeatSeconds: number;
  /** What happens to a launch that nobody completes; a termination goes on in any case. */
  isAbandonedByDefault: boolean;
}

export interface GroupSettings {
  name: string;
  arn: string;
  minSize: number;
  maxSize: number;
  desiredCapacity: number;
  hooks: LifecycleHook[];
  /** Of its instances; read at each launch, as user data is at each boot. */
  environment: () => Record<string, string>;
  roleArn?: string;
}

/** Milliseconds before an instance that ended is replaced: doubled while instances die young. */
const replaceDelay = { first: 300, longest: 10_000, youngMilliseconds: 10_000 };

/** EC2 gives so much notice ("Spot Instance interruption notices"). */
const spotNoticeMilliseconds = 120_000;

/** An Auto Scaling group: keeps as many worker processes running as is desired. */
export class Group {
  desiredCapacity: number;
  private readonly living = new Set<Instance>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private replacements = 0;
  private youngDeaths = 0;
  private isStopped = false;

  constructor(
    readonly settings: GroupSettings,
    private readonly runtime: Pick<InstanceSettings, "workerMain" | "cloud"> & { stopGraceMilliseconds: number },
  ) {
    this.desiredCapacity = Math.max(settings.minSize, settings.desiredCapacity);
  }

  get name(): string {
    return this.settings.name;
  }

  get instances(): Instance[] {
    return [...this.living];
  }

  /** Starts what is missing, and ends the oldest of what is too much. */
  adjust(): void {
    if (this.isStopped) return;
    while (this.staying.length + this.replacements < this.desiredCapacity) this.launch();
    const surplus = this.staying.slice(0, Math.max(0, this.staying.length - this.desiredCapacity));
    for (const instance of surplus) this.beginTermination(instance);
  }

  setDesiredCapacity(count: number): void {
    const { minSize, maxSize } = this.settings;
    if (count < minSize || count > maxSize) {
      throw new Error(`Expected a desired capacity from ${minSize} to ${maxSize} for ${this.name}, got ${count}`);
    }
    this.desiredCapacity = count;
    this.adjust();
  }

  /** Ends an instance, after its terminate hook. */
  terminate(instance: Instance, { lowersDesired }: { lowersDesired: boolean }): void {
    if (lowersDesired) this.desiredCapacity--;
    this.beginTermination(instance);
    this.adjust();
  }

  /** The hook that the instance waits at. */
  hookOf(instance: Instance): LifecycleHook | undefined {
    const transitions: Record<string, string> = { "Pending:Wait": "launching", "Terminating:Wait": "terminating" };
    return this.hook(transitions[instance.lifecycleState]);
  }

  /** Takes an instance past the hook that it waits at. */
  complete(instance: Instance, isAbandoned = false): void {
    const isLaunching = instance.lifecycleState === "Pending:Wait";
    if (isLaunching && !isAbandoned) instance.lifecycleState = "InService";
    else this.proceed(instance);
    if (isLaunching) this.adjust();
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
    await Promise.all(this.instances.map((instance) => instance.end(this.runtime.stopGraceMilliseconds)));
  }

  /** What counts towards the desired capacity. */
  private get staying(): Instance[] {
    return this.instances.filter(({ isTerminating }) => !isTerminating);
  }

  private hook(transition: string | undefined): LifecycleHook | undefined {
    return this.settings.hooks.find((hook) => hook.transition === transition);
  }

  private launch(): void {
    const instance = new Instance({
      ...this.runtime,
      group: this.name,
      environment: this.settings.environment(),
      roleArn: this.settings.roleArn,
      isPending: this.hook("launching") !== undefined,
      onExit: (gone, how) => this.replace(gone, how),
    });
    this.living.add(instance);
    this.awaitHook(instance);
  }

  private beginTermination(instance: Instance): void {
    if (instance.isTerminating) return;
    const hook = this.hook("terminating");
    instance.lifecycleState = "Terminating:Wait";
    if (hook) this.awaitHook(instance);
    else this.proceed(instance);
  }

  private awaitHook(instance: Instance): void {
    const hook = this.hookOf(instance);
    if (!hook) return;
    const { lifecycleState } = instance;
    this.later(hook.heartbeatSeconds * 1_000, () => {
      const isWaiting = this.living.has(instance) && instance.lifecycleState === lifecycleState;
      if (isWaiting) this.complete(instance, hook.isAbandonedByDefault);
    });
  }

  private proceed(instance: Instance): void {
    instance.lifecycleState = "Terminating:Proceed";
    void instance.end(this.runtime.stopGraceMilliseconds);
  }

  private replace(gone: Instance, how: string): void {
    this.living.delete(gone);
    const isExpected = gone.isTerminating;
    gone.lifecycleState = "Terminated";
    if (this.isStopped || this.staying.length + this.replacements >= this.desiredCapacity) return;
    if (isExpected) return this.adjust();
    const line = `Instance ${gone.id} ended by itself (${how}) and is replaced`;
    this.runtime.cloud.log({ source: "cloud", name: this.name, stream: "stderr", line });
    this.youngDeaths = Date.now() - gone.launchedAt < replaceDelay.youngMilliseconds ? this.youngDeaths + 1 : 0;
    const delay = Math.min(replaceDelay.first * 2 ** Math.max(0, this.youngDeaths - 1), replaceDelay.longest);
    this.replacements++;
    this.later(delay, () => {
      this.replacements--;
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
