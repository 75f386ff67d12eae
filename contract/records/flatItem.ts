/** The numbers and texts of a DynamoDB item, each under its field's name. */
export function decodeFlat(
  item: Record<string, { N?: string; S?: string }>,
): Record<string, number | string | undefined> {
  return Object.fromEntries(Object.entries(item).map(([field, { N, S }]) => [field, N === undefined ? S : Number(N)]));
}
