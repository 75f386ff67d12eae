/** Answers of the local cloud's own controls, by their paths. */
export interface LocalControls {
  "_local/instances": { instances: LocalInstance[] };
  "_local/faults": { faults: LocalFault[] };
  "_local/queues": { queues: LocalQueue[] };
  "_local/regions": { regions: LocalRegion[] };
  "_local/alarms": { alarms: LocalAlarm[] };
}

/** An instance of a group. */
export interface LocalInstance {
  instanceId: string;
  group: string;
  type: string | undefined;
  instanceType: string | undefined;
  isSpot: boolean;
  lifecycleState: string;
  health: "Healthy" | "Unhealthy";
  templateVersion: number;
  launchedAt: string;
  /** Undefined while no process runs. */
  pid: number | undefined;
}

/**
 * Kinds of failing launches: `spot-shortage`, EC2 has no spot capacity; `invalid-image`, `free-plan` and `vcpu-quota`,
 * it refuses the launch; `client-error`, it terminates the instance at once; `boot-failure`, the instance comes up but
 * its worker never does.
 */
export const launchFaultKinds = [
  "spot-shortage",
  "invalid-image",
  "free-plan",
  "vcpu-quota",
  "client-error",
  "boot-failure",
] as const;

export type LaunchFaultKind = (typeof launchFaultKinds)[number];

/** A fault that is injected into launches. */
export interface LocalFault {
  kind: LaunchFaultKind;
  /** Name of the group. @default every group */
  group?: string;
  /** Number of launches that it affects yet. @default every one, until removed */
  times?: number;
}

/** A region of the local cloud. */
export interface LocalRegion {
  region: string;
  outage?: LocalOutage;
}

/** Kinds of outages: calls are refused at once, or aren't answered. */
export const outageKinds = ["refuse", "hang"] as const;

/** Outage of a region. */
export interface LocalOutage {
  kind: (typeof outageKinds)[number];
  /** Names of AWS services in the credential scope; `execute-api` has the HTTP APIs. @default all */
  services?: string[];
}

/** A queue, with some of its messages. */
export interface LocalQueue {
  name: string;
  /** Messages that could be received now, that are delayed, and that were received and not yet deleted. */
  ready: number;
  delayed: number;
  inFlight: number;
  /** The oldest ten, with the beginnings of their bodies. */
  messages: { messageId: string; sentAt: string; receives: number; body: string }[];
}

/** An alarm, as the local cloud evaluates it. */
export interface LocalAlarm {
  name: string;
  description: string;
  state: "OK" | "ALARM" | "INSUFFICIENT_DATA";
  /** Time of the last change of its state. */
  since: string;
}
