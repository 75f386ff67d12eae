import type { LocalOutage } from "../../contract/http/localControls";
import type { Faults } from "./faults";

/** An outage of a region: calls to it get no answer, and what it delivers by itself waits until the outage is over. */
export class RegionOutage {
  private current: LocalOutage | undefined;
  private heal: () => void = () => undefined;
  /** Callbacks for the outage's end. */
  private waiting: (() => void)[] = [];

  constructor(
    private readonly region: string,
    private readonly faults: Faults,
  ) {}

  /** The outage at present. */
  get now(): LocalOutage | undefined {
    return this.current;
  }

  /** Begins an outage in place of the present one, if any. */
  begin(outage: LocalOutage): void {
    this.end();
    this.current = outage;
    this.heal = this.faults.add({
      region: this.region,
      hangs: outage.kind === "hang",
      when: ({ service }) => this.hits(service),
    });
  }

  end(): void {
    this.current = undefined;
    this.heal();
    this.waiting.splice(0).forEach((goOn) => goOn());
  }

  /** True if the service, by its name in the credential scope, is out. */
  hits(service: string): boolean {
    return this.current !== undefined && (this.current.services?.includes(service) ?? true);
  }

  /** Resolves once the service isn't out. */
  async over(service: string): Promise<void> {
    while (this.hits(service)) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
}
