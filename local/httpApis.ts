import type { Groups } from "./groups";
import type { Iam } from "./iam/iam";
import { HttpApi } from "./httpApi";
import type { Lambdas } from "./lambdas";
import type { Log } from "./log";
import type { RecentLines } from "./recentLines";

/** The HTTP APIs of the local cloud. */
export class HttpApis {
  private readonly apis = new Map<string, HttpApi>();
  private isPortTaken = false;

  /** `port` is for the first API; 0, and every further one, takes a free port. */
  constructor(
    private readonly cloud: {
      region: string;
      lambdas: Lambdas;
      iam: Iam;
      groups: Groups;
      recentLines: RecentLines;
      log: Log;
      port: number;
    },
  ) {}

  async create(name: string): Promise<HttpApi> {
    const api = new HttpApi(name, this.cloud);
    const port = this.isPortTaken ? 0 : this.cloud.port;
    this.isPortTaken = true;
    await api.start(port);
    this.apis.set(api.id, api);
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
    await api.stop();
  }

  async stop(): Promise<void> {
    await Promise.all(this.list().map((api) => api.stop()));
  }
}
