import type { LocalCloud } from "../cloud";
import type { Properties } from "../properties";

/** The cloud in the region that the inputs name, else in that of the provider, else in the first. */
export async function cloudFor(
  cloud: LocalCloud,
  token: string,
  { region }: Properties,
  ofProvider: string | undefined,
): Promise<LocalCloud> {
  const named = token.startsWith("aws:") && typeof region === "string" ? region : ofProvider;
  return named === undefined ? cloud : cloud.inRegion(named);
}
