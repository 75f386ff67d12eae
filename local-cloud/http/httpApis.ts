import type { Iam } from "../iam/iam";
import type { Lambdas } from "../lambda/lambdas";
import type { Log } from "../log";
import { writeRunFile } from "../runFile";
import type { Credentials } from "../wire/callers";
import type { RegionOutage } from "../wire/regionOutage";
import type { ControlledCloud } from "./controls";
import { type Enforcement, HttpApi } from "./httpApi";

/** The HTTP APIs of the local cloud. */
export class HttpApis {
  private readonly apis = new Map<string, HttpApi>();
  private readonly runFiles = new Map<string, () => void>();
  constructor(
    private readonly cloud: ControlledCloud & {
      folder?: string | undefined;
      endpoint: string;
      region: string;
      credentials: Credentials;
      lambdas: Lambdas;
      iam: Iam;
      outage: RegionOutage;
      log: Log;
      /** Port for the next API; 0 takes a free one. */
      nextPort: () => number;
      /** Folder of the console's page. @default - none is served */
      console?: string | undefined;
      /** Makes the APIs check their routes' authorization. @default - they check none */
      enforcement?: Enforcement;
    },
  ) {}

  /** True if the APIs check their routes' authorization. */
  get isEnforcing(): boolean {
    return this.cloud.enforcement !== undefined;
  }

  async create(name: string): Promise<HttpApi> {
    const api = new HttpApi(name, this.cloud, (changed) => this.leaveWord(changed));
    await api.start(this.cloud.nextPort());
    this.apis.set(api.id, api);
    this.leaveWord(api);
    return api;
  }

  get(id: string): HttpApi {
    const api = this.apis.get(id);
    if (!api) throw new Error(`There is no HTTP API ${id}`);
    return api;
  }

  list(): HttpApi[] {
    return [...this.apis.values()];
  }

  async delete(id: string): Promise<void> {
    const api = this.get(id);
    this.apis.delete(id);
    this.withdrawWord(id);
    await api.stop();
  }

  async stop(): Promise<void> {
    [...this.runFiles.keys()].forEach((id) => this.withdrawWord(id));
    await Promise.all(this.list().map((api) => api.stop()));
  }

  /** Lets the command line know the outputs of the stack that hold URLs of these APIs. */
  tellOutputs(outputs: Record<string, unknown>): void {
    for (const api of this.list()) {
      const lists = Object.entries(outputs).map(([name, value]) => [name, [value].flat().map(asUrl)] as const);
      this.leaveWord(api, Object.fromEntries(lists.filter(([, urls]) => urls.includes(`${api.address}/`))));
    }
  }

  /** For the command line of the same user. If it can't be written, only that doesn't find the run. */
  private leaveWord({ id, name, address, access }: HttpApi, outputs?: Record<string, string[]>): void {
    const { folder, endpoint, region, credentials, token } = this.cloud;
    const run = { pid: process.pid, folder, url: `${address}/`, endpoint, region, credentials, token, outputs };
    try {
      this.runFiles.set(id, writeRunFile({ ...run, ...access }));
    } catch (error) {
      this.withdrawWord(id);
      const line = `batch-jobs won't find this run: ${(error as Error).message}`;
      this.cloud.log({ source: "cloud", name, stream: "stderr", line });
    }
  }

  private withdrawWord(id: string): void {
    this.runFiles.get(id)?.();
    this.runFiles.delete(id);
  }
}

/** The URL as run files have it; another value as a text that is none. */
function asUrl(value: unknown): string {
  return typeof value === "string" && URL.canParse(value) ? new URL(value).href : String(value);
}
