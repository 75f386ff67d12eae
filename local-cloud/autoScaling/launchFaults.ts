import type { LaunchFaultKind, LocalFault } from "../../contract/http/localControls";

/** Faults injected into the launches of groups, for tests and for people. */
export class LaunchFaults {
  private active: { fault: LocalFault; remaining: number }[] = [];

  /** Adds a fault, and returns a function that removes it. */
  add(fault: LocalFault): () => void {
    const entry = { fault, remaining: fault.times ?? Infinity };
    this.active.push(entry);
    return () => {
      this.active = this.active.filter((other) => other !== entry);
    };
  }

  clear(): void {
    this.active = [];
  }

  /** Those that will strike. */
  list(): LocalFault[] {
    const left = this.active.filter(({ remaining }) => remaining > 0);
    return left.map(({ fault, remaining }) => ({ ...fault, ...(remaining < Infinity && { times: remaining }) }));
  }

  /** The fault of this launch, if any; counts it. */
  strike(group: string, isSpot: boolean): LaunchFaultKind | undefined {
    const entry = this.active.find(
      ({ fault, remaining }) =>
        remaining > 0 && (fault.group ?? group) === group && (isSpot || fault.kind !== "spot-shortage"),
    );
    if (entry) entry.remaining--;
    return entry?.fault.kind;
  }
}

/** @throws Error if EC2 refuses the launch, with its words */
export function refuseLaunch(kind: LaunchFaultKind, imageId = "ami-00000000000000000"): void {
  if (kind === "spot-shortage") {
    const why = "InsufficientInstanceCapacity - There is no Spot capacity available that matches your request.";
    throw new Error(`Could not launch Spot Instances. ${why}`);
  }
  if (kind === "invalid-image") throw new Error(`The image id '[${imageId}]' does not exist.`);
  if (kind === "free-plan") throw new Error("The specified instance type is not eligible for Free Tier.");
  if (kind === "vcpu-quota") {
    throw new Error("You have requested more vCPU capacity than your current vCPU limit of 5 allows for.");
  }
}

/** Reason why a launched instance ended before it was in service. */
export function diedPending(kind: LaunchFaultKind | undefined): string {
  const reason =
    kind === "client-error"
      ? "Client.InternalError: Client error on launch"
      : "Client.InstanceInitiatedShutdown: Instance initiated shutdown";
  return `Instance became unhealthy while waiting for instance to be in InService state. Termination Reason: ${reason}`;
}
