/** IAM allows a list of one element without its brackets. */
export function listOf<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

/** Strings of a policy's element; booleans and numbers count as such. @throws Error for anything else */
export function textsOf(value: unknown): string[] {
  return listOf(value).map((each) => {
    if (typeof each === "string") return each;
    if (typeof each === "boolean" || typeof each === "number") return String(each);
    throw new Error(`Expected a text in a policy, got ${JSON.stringify(each)}`);
  });
}
