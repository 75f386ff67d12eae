import { existsSync } from "node:fs";
import { Group, GroupSettings } from "./group";
import type { Instance, InstanceSettings } from "./instance";

/** What a group starts its instances from. */
export interface LaunchTemplate {
  id: string;
  name: string;
  /** Base64. */
  userData: string;
  /** ARN or name of its instance profile. */
  instanceProfile?: string;
}

/** The Auto Scaling groups of the local cloud, and what their instances start from. */
export class Groups {
  /** By id and by name. */
  readonly templates = new Map<string, LaunchTemplate>();
  /** ARN of the role by ARN and by name of the instance profile. */
  readonly profiles = new Map<string, string>();
  private readonly groups = new Map<string, Group>();
  private isStopped = false;

  constructor(private readonly runtime: ConstructorParameters<typeof Group>[1]) {}

  create(settings: GroupSettings): Group {
    if (this.isStopped) throw new Error("The local cloud is stopped");
    if (settings.maxSize > 0) this.expectWorker();
    const group = new Group(settings, this.runtime);
    this.groups.set(group.name, group);
    group.adjust();
    return group;
  }

  find(name: string): Group | undefined {
    return this.groups.get(name);
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
    const { workerMain }: Pick<InstanceSettings, "workerMain"> = this.runtime;
    if (!existsSync(workerMain))
      throw new Error(`The worker is not built: there is no ${workerMain}; run \`npm run build\``);
  }
}
