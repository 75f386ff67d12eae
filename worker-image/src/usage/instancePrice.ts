import { anyInstanceType } from "../../../contract/fleet/usage";
import { type UsageRate } from "./usageOf";

/** This machine's slots, and the price of its hour, which depends on its instance type if the fleet has several. */
export class InstancePrice implements UsageRate {
  pricePerInstanceHour?: number | undefined;

  constructor(
    readonly slots: number,
    /** By instance type. */
    private readonly prices: Record<string, number> = {},
    /** Reads the instance type; resolves to undefined without instance metadata. */
    private readonly readType?: () => Promise<string | undefined>,
  ) {
    this.pricePerInstanceHour = prices[anyInstanceType];
  }

  /** Looks the price up, unless it is known, or none is. */
  async look(): Promise<void> {
    if (this.pricePerInstanceHour !== undefined || Object.keys(this.prices).length === 0) return;
    this.pricePerInstanceHour = this.prices[(await this.readType?.()) ?? ""];
  }
}
