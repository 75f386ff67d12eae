/** Names from elsewhere, and the API's name for the same thing. */
const otherWords: Record<string, string> = { notbefore: "runat", status: "state" };

/** The known name that a wrong one probably means; undefined if none is near. */
export function nearestName(wrong: string, known: readonly string[]): string | undefined {
  if (wrong.length > 60) return undefined;
  const bare = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, "");
  const asked = Object.hasOwn(otherWords, bare(wrong)) ? otherWords[bare(wrong)]! : bare(wrong);
  let nearest: { name: string; distance: number } | undefined;
  for (const name of known) {
    const other = bare(name);
    const isBeginning =
      Math.min(asked.length, other.length) >= 3 && (other.startsWith(asked) || asked.startsWith(other));
    const distance = isBeginning ? Math.min(1, Math.abs(asked.length - other.length)) : editDistance(asked, other);
    if (distance <= Math.max(1, Math.floor(other.length / 3)) && distance < (nearest?.distance ?? Infinity)) {
      nearest = { name, distance };
    }
  }
  return nearest?.name;
}

/** Letters to insert, remove or replace (Levenshtein). */
function editDistance(one: string, other: string): number {
  let above = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const present = [row];
    for (let column = 1; column <= other.length; column++) {
      const replaced = above[column - 1]! + (one[row - 1] === other[column - 1] ? 0 : 1);
      present[column] = Math.min(replaced, above[column]! + 1, present[column - 1]! + 1);
    }
    above = present;
  }
  return above[other.length]!;
}
