import { type Clock } from "../support/clock";
import { ServiceGate } from "./serviceGate";

/** Time of failures after which a service counts as trouble. */
const troubleMilliseconds = 60_000;

/** The AWS services that the worker depends on, by name: their problems, and if any can be reached at all. */
export class Services {
  private readonly gates: ServiceGate[] = [];

  constructor(private readonly clock: Clock) {}

  /** A gate of its own for each table or client: one table may be out of reach while the others are not. */
  gate(service: string, tryMilliseconds?: number): ServiceGate {
    const gate = new ServiceGate(service, { clock: this.clock, tryMilliseconds });
    this.gates.push(gate);
    return gate;
  }

  /** The problems, in words, service by service; undefined without any. */
  trouble(): string | undefined {
    const now = this.clock.now();
    const failing = this.gates.filter(({ failingSince }) => now - (failingSince ?? now) >= troubleMilliseconds);
    if (failing.length === 0) return undefined;
    return failing.map(troubleOf).join("; ");
  }

  /**
   * True if any service has answered since, even with a refusal: then neither the machine nor its network is the cause.
   */
  hasAnsweredSince(time: number): boolean {
    return this.gates.some(({ answeredAt }) => answeredAt >= time);
  }
}

function troubleOf({ service, failingSince, lastError }: ServiceGate): string {
  const { name, message } = lastError instanceof Error ? lastError : { name: "Error", message: String(lastError) };
  const said = message && message !== name ? `${name}: ${message}` : name;
  return `${service} has answered no call since ${new Date(failingSince!).toISOString()} (${said.slice(0, 300)})`;
}
