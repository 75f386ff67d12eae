import { readFileSync } from "node:fs";
import { join } from "node:path";
import { anyInstanceType } from "../../contract/fleet/usage";
import { packageRoot } from "../../contract/packageRoot";

/** The table of prices; its `about` names the sources. */
interface PriceTable {
  /** Dollars an hour in us-east-1: sizes with their prices, by family. */
  types: Record<string, string>;
  /** Families with the ratios of their prices to those of us-east-1, by region. */
  regions: Record<string, string>;
}

const home = "us-east-1";

let table: PriceTable | undefined;

/** Dollars for an hour of a Linux instance on demand; undefined for a type or a region that the table doesn't know. */
export function priceOf(instanceType: string, region: string): number | undefined {
  // Not compiled: its text has no place in a bundle or an editor.
  table ??= JSON.parse(readFileSync(join(packageRoot(), "components", "aws", "priceTable.json"), "utf8")) as PriceTable;
  const [family = "", size = ""] = instanceType.split(".");
  const price = numberIn(table.types, family, size);
  const ratio = region === home ? 1 : numberIn(table.regions, region, family);
  return price === undefined || ratio === undefined ? undefined : Number((price * ratio).toPrecision(4));
}

/** The number that stands behind a word in a text of words and numbers. */
function numberIn(texts: Record<string, string>, key: string, word: string): number | undefined {
  const words = Object.hasOwn(texts, key) ? texts[key]!.split(" ") : [];
  const index = words.findIndex((each, at) => at % 2 === 0 && each === word);
  return index < 0 ? undefined : Number(words[index + 1]);
}

/** Prices of a processor's instances, by type, as its workers take them; undefined if none is known. */
export function instancePrices(
  { instanceTypes, pricePerInstanceHour }: { instanceTypes: string[]; pricePerInstanceHour?: number | undefined },
  priceOfType: (instanceType: string) => number | undefined,
): Record<string, number> | undefined {
  if (pricePerInstanceHour !== undefined) return { [anyInstanceType]: pricePerInstanceHour };
  const key = (instanceType: string) => (instanceTypes.length === 1 ? anyInstanceType : instanceType);
  const known = instanceTypes.flatMap((instanceType): [string, number][] => {
    const price = priceOfType(instanceType);
    return price === undefined ? [] : [[key(instanceType), price]];
  });
  return known.length === 0 ? undefined : Object.fromEntries(known);
}
