import { type Offers } from "./chooseZones";

/**
 * The subnets whose zones offer one of the instance types, so that no launch fails for its zone. A subnet whose
 * zone isn't known stays.
 *
 * @throws Error if no subnet is left, or if the region doesn't offer a type at all.
 */
export function fittingSubnets(
  { name, instanceTypes }: { name: string; instanceTypes: string[] },
  subnets: { id: string; zone?: string }[],
  offers: Offers,
): string[] {
  const where = `The processor ${JSON.stringify(name)}: instanceTypes: `;
  for (const type of instanceTypes) {
    if (offers[type]?.length === 0) {
      throw new Error(`${where}Expected types that EC2 offers in this region, got ${JSON.stringify(type)}`);
    }
  }
  const offered = instanceTypes.flatMap((type) => offers[type] ?? []);
  const fitting = subnets.filter(({ zone }) => zone === undefined || offered.includes(zone));
  if (subnets.length > 0 && fitting.length === 0) {
    const zones = [...new Set(subnets.map(({ zone }) => zone))].sort().join(", ");
    const others = [...new Set(offered)].sort().join(", ");
    throw new Error(
      `${where}Expected one that EC2 offers in ${zones}, where the subnets are, got ${instanceTypes.join(", ")}, offered in ${others}`,
    );
  }
  return fitting.map(({ id }) => id);
}
