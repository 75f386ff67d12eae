// Parts of calls to DynamoDB with expressions, in which `#field` stands for a field and `:name` for a value.

type Attribute = { N: string } | { S: string };

/** `ExpressionAttributeNames` of an expression: some fields' names are reserved words. */
export function namesIn(expression: string): Record<string, string> {
  const names = expression.match(/#\w+/g) ?? [];
  return Object.fromEntries(names.map((name) => [name, name.slice(1)]));
}

/** `ExpressionAttributeValues`: strings, numbers, and documents as JSON. Undefined values are left out. */
export function valuesOf(values: Record<string, unknown>): Record<string, Attribute> {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [`:${name}`, encode(value)]));
}

function encode(value: unknown): Attribute {
  if (typeof value === "number") return { N: String(value) };
  return { S: typeof value === "string" ? value : JSON.stringify(value) };
}

/** The answer of a conditional write; undefined if its condition did not hold. */
export function ifConditionHolds<Answer>(write: Promise<Answer>): Promise<Answer | undefined> {
  return write.catch((error: Error) => {
    if (error.name === "ConditionalCheckFailedException") return undefined;
    throw error;
  });
}
