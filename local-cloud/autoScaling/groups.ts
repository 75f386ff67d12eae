import { existsSync } from "node:fs";
import { readEnvironment } from "../../contract/environmentFile";
import type { Iam } from "../iam/iam";
import { Refused } from "../wire/refusal";
import { causes } from "./causes";
import { Group, type GroupRuntime } from "./group";
import type { GroupSettings } from "./groupSettings";
import type { Instance } from "./instance";
import { LaunchFaults } from "./launchFaults";
import { LaunchTemplates, type LaunchTemplateVersion } from "./launchTemplates";

type Runtime = Pick<GroupRuntime, "cloud" | "workerMain" | "stopGraceMilliseconds" | "launchHookSeconds"> & {
  iam: Iam;
  /** Called with the environment of a group's future instances. */
  onEnvironment?: (environment: Record<string, string>) => void;
  /** Variables of all instances, in place of those of their user data. */
  workerEnvironment?: Record<string, string>;
};

/** The Auto Scaling groups of the local cloud, with their launch templates. */
export class Groups {
  readonly templates = new LaunchTemplates();
  /** Faults of launches. */
  readonly faults = new LaunchFaults();
  private readonly groups = new Map<string, Group>();
  private readonly runtime: GroupRuntime;
  private isStopped = false;

  constructor({ iam, onEnvironment, workerEnvironment, ...runtime }: Runtime) {
    const { templates, faults } = this;
    this.runtime = {
      ...runtime,
      faults,
      templateOf: ({ template }) => templates.find(template),
      environmentOf: ({ userData }: LaunchTemplateVersion) => {
        const environment = { ...readEnvironment(Buffer.from(userData, "base64").toString()), ...workerEnvironment };
        onEnvironment?.(environment);
        return environment;
      },
      logGroupOf: ({ userData }) => /^LOG_GROUP='(.*)'$/m.exec(Buffer.from(userData, "base64").toString())?.[1],
      roleOf: ({ instanceProfile }) => {
        const roleArn = iam.roles.profiles.get(instanceProfile ?? "");
        return roleArn && iam.mayAssume("ec2.amazonaws.com", roleArn) ? roleArn : undefined;
      },
    };
  }

  create(identity: { name: string; arn: string }, settings: GroupSettings, desiredCapacity: number): Group {
    if (this.isStopped) throw new Error("The local cloud is stopped");
    this.check(settings);
    if (settings.maxSize > 0) this.expectWorker();
    const group = new Group(identity.name, identity.arn, settings, desiredCapacity, this.runtime);
    this.groups.set(group.name, group);
    group.adjust(causes.created(group.desiredCapacity));
    return group;
  }

  /** @throws Error if such a group's instances have nothing to start from */
  check(settings: GroupSettings): void {
    this.runtime.environmentOf(this.runtime.templateOf(settings));
  }

  find(name: string): Group | undefined {
    return this.groups.get(name);
  }

  /** @throws Refused as AWS does if there is no such group */
  get(name: string): Group {
    const found = this.groups.get(name);
    if (!found) throw new Refused(`AutoScalingGroup name not found - AutoScalingGroup ${name} not found`);
    return found;
  }

  /** @throws Refused as AWS does if no group has such an instance */
  getInstance(id: string): { group: Group; instance: Instance } {
    const found = this.findInstance(id);
    if (!found) throw new Refused(`Instance Id not found - No managed instance found for instance ID: ${id}`);
    return found;
  }

  findInstance(id: string): { group: Group; instance: Instance } | undefined {
    for (const group of this.list()) {
      const instance = group.instances.find((each) => each.id === id);
      if (instance) return { group, instance };
    }
    return undefined;
  }

  list(): Group[] {
    return [...this.groups.values()];
  }

  async delete(name: string): Promise<void> {
    const group = this.groups.get(name);
    this.groups.delete(name);
    await group?.stop();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all(this.list().map((group) => group.stop()));
  }

  private expectWorker(): void {
    const { workerMain } = this.runtime;
    if (!existsSync(workerMain))
      throw new Error(`The worker is not built: there is no ${workerMain}; run \`npm run build\``);
  }
}
