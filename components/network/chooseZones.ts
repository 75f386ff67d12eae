/** Zones of a region, by instance type that they offer. */
export type Offers = Record<string, string[]>;

/**
 * Zones of a new network, in the order of their names: first those in which the most processors find one
 * of their instance types, of these those that offer the most types. Only zones that `everywhere` allows count.
 */
export function chooseZones(processors: string[][], offers: Offers, most: number, everywhere?: string[]): string[] {
  const candidates = [...new Set(Object.values(offers).flat())].filter(
    (zone) => isUsual(zone) && (everywhere?.includes(zone) ?? true),
  );
  const offered = (zone: string) => (type: string) => offers[type]?.includes(zone) ?? false;
  const ranked = candidates.map((zone) => ({
    zone,
    served: processors.filter((types) => types.some(offered(zone))).length,
    types: new Set(processors.flat().filter(offered(zone))).size,
  }));
  ranked.sort((a, b) => b.served - a.served || b.types - a.types || (a.zone < b.zone ? -1 : 1));
  return ranked
    .slice(0, most)
    .map(({ zone }) => zone)
    .sort();
}

/** True for a zone of the region itself, such as us-east-1a; false for a Local Zone such as us-east-1-bos-1a. */
function isUsual(zone: string): boolean {
  return /^[a-z]+(-[a-z]+)+-\d+[a-z]$/.test(zone);
}
