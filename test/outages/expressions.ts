export type Item = Record<string, { S?: string; N?: string }>;

export interface Expressions {
  UpdateExpression?: string;
  ConditionExpression?: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Item;
}

/**
 * True if the item meets the condition, as far as this repository's conditions go: AND, OR, brackets, comparisons,
 * existence.
 */
export function meets(item: Item | undefined, input: Expressions): boolean {
  const tokens = (input.ConditionExpression ?? "").match(
    /attribute_(?:not_)?exists\([^)]*\)|[()]|<=|>=|[<>=]|[#:\w]+/g,
  );
  if (!tokens) return true;
  const anyOf = (): boolean => {
    let holds = allOf();
    while (tokens[0] === "OR") {
      tokens.shift();
      // Both sides are read.
      holds = allOf() || holds;
    }
    return holds;
  };
  const allOf = (): boolean => {
    let holds = term();
    while (tokens[0] === "AND") {
      tokens.shift();
      holds = term() && holds;
    }
    return holds;
  };
  const term = (): boolean => {
    const token = tokens.shift()!;
    if (token === "(") {
      const holds = anyOf();
      tokens.shift();
      return holds;
    }
    const [, not, field] = /^attribute_(not_)?exists\((.*)\)$/.exec(token) ?? [];
    if (field !== undefined) return (item?.[nameOf(field, input)] === undefined) === (not !== undefined);
    const [operator, value] = [tokens.shift()!, tokens.shift()!];
    return compare(plain(item?.[nameOf(token, input)]), operator, plain(input.ExpressionAttributeValues![value]));
  };
  return anyOf();
}

/** The item after the update: ADD of numbers, SET of values, `if_not_exists` and sums, and REMOVE. */
export function applyUpdate(item: Item, input: Expressions): Item {
  const changed = { ...item };
  const [, add = "", set = "", remove = ""] =
    /^(?:ADD (.*?))?\s*(?:SET (.*?))?\s*(?:REMOVE (.*))?$/.exec(input.UpdateExpression!) ?? [];
  const valueOf = (text: string): Item[string] => {
    const [, field, fallback] = /^if_not_exists\(([^,]+), (.+)\)$/.exec(text) ?? [];
    if (field !== undefined) return item[nameOf(field, input)] ?? valueOf(fallback!);
    const [left, right] = text.split(" + ");
    if (right !== undefined) return { N: String(Number(valueOf(left!).N) + Number(valueOf(right).N)) };
    return input.ExpressionAttributeValues![text]!;
  };
  for (const addition of add.split(", ").filter(Boolean)) {
    const [field, value] = addition.split(" ");
    const name = nameOf(field!, input);
    changed[name] = { N: String(Number(item[name]?.N ?? 0) + Number(input.ExpressionAttributeValues![value!]!.N)) };
  }
  for (const assignment of set.split(/, (?=[#\w]+ = )/).filter(Boolean)) {
    const [field, value] = assignment.split(" = ");
    changed[nameOf(field!, input)] = valueOf(value!);
  }
  for (const field of remove.split(", ").filter(Boolean)) delete changed[nameOf(field, input)];
  return changed;
}

function nameOf(field: string, { ExpressionAttributeNames: names = {} }: Expressions): string {
  return names[field] ?? field;
}

function plain(value: Item[string] | undefined): string | number | undefined {
  return value?.N === undefined ? value?.S : Number(value.N);
}

function compare(left: string | number | undefined, operator: string, right: string | number | undefined): boolean {
  if (left === undefined || right === undefined) return false;
  switch (operator) {
    case "=":
      return left === right;
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case ">=":
      return left >= right;
    default:
      throw new Error(`There is no operator ${operator} here`);
  }
}
