/** Data that an instance is started from. */
export interface LaunchTemplateData {
  /** Base64. */
  userData: string;
  /** ARN or name of its instance profile. */
  instanceProfile?: string;
  instanceType?: string;
  imageId?: string;
}

/** One version of a launch template; versions never change. */
export interface LaunchTemplateVersion extends LaunchTemplateData {
  id: string;
  name: string;
  version: number;
}

/** A version of a template: a number, `$Latest` or `$Default`. */
export interface LaunchTemplateSpecification {
  id?: string;
  name?: string;
  version?: string;
}

interface LaunchTemplate {
  versions: LaunchTemplateVersion[];
  defaultVersion: number;
}

/** The launch templates of the local cloud ("Launch template versions", Amazon EC2). */
export class LaunchTemplates {
  private readonly templates = new Map<string, LaunchTemplate>();

  create(id: string, name: string, data: LaunchTemplateData): void {
    this.templates.set(id, { versions: [{ ...data, id, name, version: 1 }], defaultVersion: 1 });
  }

  /** Adds a version and returns its number. Groups that are pinned to another one are unaffected. */
  addVersion(id: string, data: LaunchTemplateData, { isDefault = false } = {}): number {
    const template = this.get({ id });
    const { name } = template.versions[0]!;
    const version = template.versions.length + 1;
    template.versions.push({ ...data, id, name, version });
    if (isDefault) template.defaultVersion = version;
    return version;
  }

  /** @throws Error in EC2's words if there is no such template or version */
  find(specification: LaunchTemplateSpecification): LaunchTemplateVersion {
    const { versions, defaultVersion } = this.get(specification);
    const wanted = specification.version ?? "$Default";
    const numbers: Record<string, number> = { $Latest: versions.length, $Default: defaultVersion };
    const found = versions[(numbers[wanted] ?? Number(wanted)) - 1];
    if (!found) throw new Error(`Could not find the specified version ${wanted} for the launch template`);
    return found;
  }

  defaultVersionOf(id: string): number {
    return this.get({ id }).defaultVersion;
  }

  delete(id: string): void {
    this.templates.delete(id);
  }

  private get({ id, name }: LaunchTemplateSpecification): LaunchTemplate {
    const byName = () => [...this.templates.values()].find(({ versions }) => versions[0]!.name === name);
    const found = id === undefined ? byName() : this.templates.get(id);
    if (found) return found;
    const which = id === undefined ? `name ${name}` : `ID ${id}`;
    throw new Error(`The specified launch template, with template ${which}, does not exist.`);
  }
}
