import type { LocalCloud } from "../../local-cloud/cloud";
import type { Instance } from "../../local-cloud/autoScaling/instance";
import type { LogEntry } from "../../local-cloud/log";

/** A type's queue and instances, at a moment. */
export interface FleetRow {
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

/** Events of workers' lines at which a job begins, and those at which it is over. */
const jobEnds = ["job-succeeded", "job-retried", "job-failed", "job-given-back", "job-cancelled", "job-lost"];
const told = [
  ...jobEnds,
  "job-started",
  "launch-hook-completed",
  "terminate-hook-completed",
  "worker-draining",
  "idle-instance-stays",
];

const keptEvents = 100;

/** Activity in the fleets of a local cloud: rows for the present, from the cloud itself, and events, from the logs. */
export class Fleet {
  readonly events: FleetEvent[] = [];
  private readonly jobs = new Map<string, Set<string>>();
  private readonly seen = new Map<string, string>();

  /** Takes a line of the cloud's log. */
  note({ source, name, line }: LogEntry): void {
    if (source === "cloud") return this.tell(`${name}: ${line}`);
    const fields = source === "worker" ? fieldsOf(line) : undefined;
    const event = fields?.event;
    if (!fields || !event) return;
    const jobs = this.jobs.get(name) ?? new Set();
    this.jobs.set(name, jobs);
    if (event === "job-started" && fields.jobId) jobs.add(fields.jobId);
    if (jobEnds.includes(event) && fields.jobId) jobs.delete(fields.jobId);
    if (told.includes(event))
      this.tell([fields.type, name, event, fields.jobId, fields.reason].filter(Boolean).join(" "));
  }

  /** Returns a row for each of the types. Instances that came, went or changed since the last call become events. */
  look(cloud: Pick<LocalCloud, "groups" | "messaging">, queueUrls: Record<string, string>): FleetRow[] {
    const groups = cloud.groups.list();
    this.followStates(groups.flatMap(({ instances }) => instances));
    return Object.entries(queueUrls).map(([type, url]) => {
      const own = groups.filter((group) => group.jobType === type);
      const instances = own.flatMap((group) => group.instances);
      const count = (start: string) =>
        instances.filter(({ lifecycleState }) => lifecycleState.startsWith(start)).length;
      const queue = cloud.messaging.queue(url);
      return {
        type,
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
    }
    for (const id of [...this.seen.keys()].filter((each) => !present.has(each))) {
      this.tell(`${id} is gone`);
      this.seen.delete(id);
      this.jobs.delete(id);
    }
  }

  private tell(text: string): void {
    this.events.push({ at: new Date(), text });
    if (this.events.length > keptEvents) this.events.shift();
  }
}

function fieldsOf(line: string): Record<string, string | undefined> | undefined {
  try {
    return JSON.parse(line) as Record<string, string | undefined>;
  } catch {
    return undefined;
  }
}
