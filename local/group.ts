import { Instance, InstanceSettings } from "./instance";

export interface GroupSettings {
  name: string;
  arn: string;
  minSize: number;
  maxSize: number;
  desiredCapacity: number;
  /** Of its instances; read at each launch, as user data is at each boot. */
  environment: () => Record<string, string>;
  roleArn?: string;
}

/** Milliseconds before an instance that ended is replaced: doubled while instances die young. */
const replaceDelay = { first: 300, longest: 10_000, youngMilliseconds: 10_000 };

/** An Auto Scaling group: keeps as many worker processes running as is desired. */
export class Group {
  desiredCapacity: number;
  private readonly living = new Set<Instance>();
  private readonly timers = new Set<NodeJS.Timeout>();
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
    while (this.living.size + this.timers.size < this.desiredCapacity) this.launch();
    const surplus = this.instances.slice(0, Math.max(0, this.living.size - this.desiredCapacity));
    for (const instance of surplus) void instance.end(this.runtime.stopGraceMilliseconds);
  }

  setDesiredCapacity(count: number): void {
    const { minSize, maxSize } = this.settings;
    if (count < minSize || count > maxSize) {
      throw new Error(`Expected a desired capacity from ${minSize} to ${maxSize} for ${this.name}, got ${count}`);
    }
    this.desiredCapacity = count;
    this.adjust();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.timers.forEach((timer) => clearTimeout(timer));
    await Promise.all(this.instances.map((instance) => instance.end(this.runtime.stopGraceMilliseconds)));
  }

  private launch(): void {
    const instance = new Instance({
      ...this.runtime,
      group: this.name,
      environment: this.settings.environment(),
      roleArn: this.settings.roleArn,
      onExit: (gone, how) => this.replace(gone, how),
    });
    this.living.add(instance);
  }

  private replace(gone: Instance, how: string): void {
    this.living.delete(gone);
    if (this.isStopped || this.living.size + this.timers.size >= this.desiredCapacity) return;
    const line = `Instance ${gone.id} ended by itself (${how}) and is replaced`;
    this.runtime.cloud.log({ source: "cloud", name: this.name, stream: "stderr", line });
    this.youngDeaths = Date.now() - gone.launchedAt < replaceDelay.youngMilliseconds ? this.youngDeaths + 1 : 0;
    const delay = Math.min(replaceDelay.first * 2 ** Math.max(0, this.youngDeaths - 1), replaceDelay.longest);
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      this.adjust();
    }, delay);
    this.timers.add(timer);
  }
}
