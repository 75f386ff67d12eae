import { jsonOf } from "../../contract/check";
import { attemptEnds, type EventName, type LogLine } from "../../contract/log";
import type { LocalCloud, LogEntry } from "../../local-cloud/index";
import type { JobApi } from "./jobApis";

type Instance = ReturnType<LocalCloud["groups"]["list"]>[number]["instances"][number];

/** A type's queue and instances, at a moment. */
export interface FleetRow {
  /** With its region where there are several. */
  type: string;
  /** Messages that could be received now. */
  visible: number;
  /** Messages received and not yet deleted. */
  inFlight: number;
  desired: number;
  inService: number;
  pending: number;
  terminating: number;
  /** Running jobs. */
  busy: number;
}

export interface FleetEvent {
  at: Date;
  text: string;
}

/** Workers' lines that are shown. */
const told: readonly EventName[] = [
  ...attemptEnds,
  "job-started",
  "worker-started",
  "worker-draining",
  "worker-stopped",
  "idle-instance-kept",
];

const keptEvents = 100;

/** Activity in the fleets of a local cloud: rows for the present, from the cloud itself, and events, from the logs. */
export class Fleet {
  readonly events: FleetEvent[] = [];
  private readonly jobs = new Map<string, Set<string>>();
  private readonly seen = new Map<string, string>();
  /** Job types by instance. */
  private readonly types = new Map<string, string>();

  /** Takes a line of the cloud's log. */
  note({ source, name, line }: LogEntry): void {
    if (source === "cloud") return this.tell(`${name}: ${line}`);
    const fields = source === "worker" ? (jsonOf(line) as Partial<LogLine> | undefined) : undefined;
    const event = fields?.event;
    if (!fields || !event) return;
    const jobs = this.jobs.get(name) ?? new Set();
    this.jobs.set(name, jobs);
    if (event === "job-started" && fields.jobId) jobs.add(fields.jobId);
    if (attemptEnds.includes(event) && fields.jobId) jobs.delete(fields.jobId);
    if (told.includes(event))
      this.tell([this.types.get(name), name, event, fields.jobId, fields.reason].filter(Boolean).join(" "));
  }

  /**
   * Returns a row for each of the APIs' types. Instances that came, went or changed since the last call become events.
   */
  look({ regions }: Pick<LocalCloud, "regions">, apis: Pick<JobApi, "region" | "queues">[]): FleetRow[] {
    const clouds = regions();
    this.followStates(clouds.flatMap(({ groups }) => groups.list().flatMap(({ instances }) => instances)));
    const all = apis.flatMap(({ region, queues }) =>
      Object.entries(queues).map((queue) => [region, ...queue] as const),
    );
    return all.map(([region, type, url]) => {
      const { groups, messaging } = clouds.find((cloud) => cloud.region === region)!;
      const own = groups.list().filter((group) => group.jobType === type);
      const instances = own.flatMap((group) => group.instances);
      const count = (start: string) =>
        instances.filter(({ lifecycleState }) => lifecycleState.startsWith(start)).length;
      const queue = messaging.queue(url);
      return {
        type: clouds.length > 1 ? `${type} in ${region}` : type,
        visible: queue?.messages.length ?? 0,
        inFlight: queue?.inflightMessages.size ?? 0,
        desired: own.reduce((sum, { desiredCapacity }) => sum + desiredCapacity, 0),
        inService: count("InService"),
        pending: count("Pending"),
        terminating: count("Terminating"),
        busy: instances.reduce((sum, { id }) => sum + (this.jobs.get(id)?.size ?? 0), 0),
      };
    });
  }

  private followStates(instances: Instance[]): void {
    const present = new Set(instances.map(({ id }) => id));
    for (const { id, jobType = "", lifecycleState } of instances) {
      if (this.seen.get(id) !== lifecycleState) this.tell(`${jobType} ${id} is ${lifecycleState}`);
      this.seen.set(id, lifecycleState);
      this.types.set(id, jobType);
    }
    for (const id of [...this.seen.keys()].filter((each) => !present.has(each))) {
      this.tell(`${id} is gone`);
      for (const byInstance of [this.seen, this.types, this.jobs]) byInstance.delete(id);
    }
  }

  private tell(text: string): void {
    this.events.push({ at: new Date(), text });
    if (this.events.length > keptEvents) this.events.shift();
  }
}
