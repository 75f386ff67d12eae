import { resolve } from "node:path";
import type { LocalCloud } from "../cloud";
import { type Properties, text } from "../properties";
import { changeInPlace } from "../pulumi/changeInPlace";
import { isEmulated, standInHandler } from "../pulumi/emulation";
import { remade, replaceOn } from "../pulumi/replacements";
import { inRegion, type ResourceContext, type ResourceHandler, seedOf } from "../pulumi/resource";
import { hashOfFolder } from "../pulumi/resources/ecr";
import { resources } from "../pulumi/resourceTypes";
import { noStandIns } from "../pulumi/standIns";
import { keepsName, withName } from "./autoNames";
import { owners } from "./owners";
import { reads } from "./reads";
import { changedKeys, decode, encodeState, type WireProperties } from "./wire";

/** The resource that the engine means. */
export interface Subject {
  type: string;
  /** Logical name. */
  name: string;
  /** @default the first region's */
  cloud?: LocalCloud;
}

export interface Difference {
  changed: string[];
  replacing: string[];
  deletesBeforeReplace: boolean;
}

/** The engine's calls about single resources, answered from the local cloud. All properties are in wire form. */
export class EngineResources {
  /** Resources that exist, by type and id: each with its owner's key, even if that is gone. */
  private readonly existing = new Map<string, string | undefined>();
  /** Outputs and answers of what the local cloud doesn't emulate. */
  standIns = noStandIns;
  /** True if names are the same in each run: what a folder of data holds is found by them, and nothing is replaced. */
  hasSteadyNames = false;
  /** Regions of providers by their URNs, and by the engine's connections: it has one for each provider. */
  readonly regions = new Map<string, string>();
  /** Resources that are made of their inputs, or that the program reads and didn't make. */
  readonly notEmulated = new Set<string>();

  /** @param programFolder base of the program's relative paths */
  constructor(
    private readonly cloud: LocalCloud,
    private readonly programFolder = process.cwd(),
  ) {}

  /** Type and id of each resource. */
  list(): string[] {
    return [...this.existing.keys()].filter((key) => this.exists(key)).sort();
  }

  /** Resolves to the inputs with those that a provider adds. */
  async check(
    subject: Subject,
    olds: WireProperties,
    news: WireProperties,
    randomSeed: Uint8Array,
  ): Promise<WireProperties> {
    if (!isEmulated(subject.type, news)) this.notEmulated.add(`${subject.name} (${subject.type})`);
    const seed = this.hasSteadyNames ? Buffer.from(seedOf(this.contextOf(subject))) : randomSeed;
    const inputs = withName(subject, olds, news, seed);
    if (subject.type !== "docker-build:index:Image") return inputs;
    // Docker's provider builds again when a file of the context has changed.
    const { location } = (news.context ?? {}) as { location?: string };
    return { ...inputs, contextHash: await hashOfFolder(resolve(this.programFolder, location ?? ".")) };
  }

  diff({ type }: Subject, olds: WireProperties, news: WireProperties): Difference {
    const changed = changedKeys(olds, news);
    const isReplacing = (key: string) =>
      replaceOn[type]?.includes(key) || (key === "region" && type.startsWith("aws:"));
    const replacing = changed.filter(isReplacing);
    return { changed, replacing, deletesBeforeReplace: replacing.length > 0 && keepsName(type, olds, news) };
  }

  async create(subject: Subject, wireInputs: WireProperties): Promise<{ id: string; state: WireProperties }> {
    const inputs = decode(wireInputs);
    const { id, state } = await this.handlerOf(subject, inputs).create(inputs, {
      ...this.contextOf(subject),
      hasRandomNames: !this.hasSteadyNames,
    });
    this.existing.set(this.keyOf(subject, id, state), this.ownerOf(subject, state));
    return { id, state: encodeState(state, wireInputs, inputs) };
  }

  /** The state after a change in place, as far as it is known beforehand. */
  previewUpdate(
    { type }: Subject,
    olds: WireProperties,
    oldInputs: WireProperties,
    news: WireProperties,
  ): WireProperties {
    const isDropped = (key: string) => key in oldInputs && !(key in news);
    const isRemade = (key: string) => remade[type]?.includes(key) ?? false;
    const kept = Object.entries(olds).filter(([key]) => !isDropped(key) && !isRemade(key));
    return { ...Object.fromEntries(kept), ...news };
  }

  async update(subject: Subject, id: string, olds: WireProperties, news: WireProperties): Promise<WireProperties> {
    const inputs = decode(news);
    const context = this.contextOf(subject);
    const state = await changeInPlace(this.handlerOf(subject, inputs), { id, state: decode(olds) }, inputs, context);
    return encodeState(state, news, inputs);
  }

  /** The present state; undefined if the resource is gone. */
  async read(
    subject: Subject,
    id: string,
    state: WireProperties,
    inputs: WireProperties,
  ): Promise<{ state: WireProperties; inputs: WireProperties } | undefined> {
    const key = this.keyOf(subject, id, state);
    if (!this.exists(key)) return undefined;
    const readType = reads[subject.type];
    const read = readType ? await readType(id, decode(state), this.contextOf(subject).cloud) : {};
    if (!read) {
      this.existing.delete(key);
      return undefined;
    }
    const live = encodeState(read, {}, {});
    const readInputs = Object.keys(inputs).filter((key) => key in live);
    return {
      state: { ...state, ...live },
      inputs: { ...inputs, ...Object.fromEntries(readInputs.map((key) => [key, live[key]!])) },
    };
  }

  async delete(subject: Subject, id: string, state: WireProperties): Promise<void> {
    const context = this.contextOf(subject);
    // A resource that was deleted already is no failure, as with AWS's provider.
    const isThere = (await this.read(subject, id, state, {})) !== undefined;
    if (isThere) await this.handlerOf(subject, state).delete?.(id, decode(state), context);
    this.existing.delete(this.keyOf(subject, id, state));
  }

  /** The state of a resource that the program only reads, made of what it gives to find it by. */
  async find(subject: Subject, id: string, known: WireProperties): Promise<WireProperties> {
    this.notEmulated.add(`${subject.name} (${subject.type})`);
    const inputs = decode(known);
    const { state } = await standInHandler(this.standIns, id).create(inputs, this.contextOf(subject));
    return encodeState(state, known, inputs);
  }

  private contextOf(subject: Subject): ResourceContext {
    return { cloud: this.cloud, programFolder: this.programFolder, ...subject };
  }

  /** Key of the resource that it is deleted with, if any. */
  private ownerOf(subject: Subject, state: Properties): string | undefined {
    const [ownerType, property] = owners[subject.type] ?? [];
    const region = inRegion(this.contextOf(subject).cloud);
    return ownerType && property ? `${ownerType} ${text(state, property)}${region}` : undefined;
  }

  /** By type, id and region, and by its owner, since hooks of all groups have the same ids. */
  private keyOf(subject: Subject, id: string, state: Properties): string {
    const region = inRegion(this.contextOf(subject).cloud);
    return [`${subject.type} ${id}${region}`, this.ownerOf(subject, state)].filter(Boolean).join(" of ");
  }

  private handlerOf({ type }: Subject, properties: Properties): ResourceHandler {
    return isEmulated(type, properties) ? resources[type]! : standInHandler(this.standIns);
  }

  private exists(key: string): boolean {
    if (!this.existing.has(key)) return false;
    const owner = this.existing.get(key);
    return owner === undefined || this.existing.has(owner);
  }
}
