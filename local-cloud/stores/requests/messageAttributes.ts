/** A message attribute as it was sent. */
export interface GivenAttribute {
  DataType?: string;
  StringValue?: string;
  BinaryValue?: string;
}

/** "Message attribute components", Amazon SQS Developer Guide; SNS has the same rules. */
const namePattern = /^(?!\.)(?!.*\.\.)(?!(aws|amazon)\.)[\w.-]{1,256}(?<!\.)$/i;
const typePattern = /^(String|Number|Binary)(\.|$)/;

/** "SendMessage", Amazon SQS API Reference: the characters of bodies and values. */
const textPattern = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;

/** Problem of one of them, in the words of SQS and SNS. */
export function problemOfAttributes(attributes: Record<string, GivenAttribute>): string | undefined {
  for (const [name, attribute] of Object.entries(attributes)) {
    const problem = problemOf(name, attribute);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemOf(name: string, { DataType: type, StringValue: text, BinaryValue: binary }: GivenAttribute) {
  if (!namePattern.test(name)) {
    return `The message attribute name '${name}' is invalid: it has 1-256 letters, digits, underscores, hyphens and periods, doesn't start or end with a period or have two in a row, and isn't AWS's own.`;
  }
  if (!type) return `The message attribute '${name}' must contain non-empty message attribute type.`;
  const [, kind] = typePattern.exec(type) ?? [];
  if (kind === undefined || type.length > 256) {
    return `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`;
  }
  const value = kind === "Binary" ? binary : text;
  if (!value) return `The message attribute '${name}' must contain non-empty message attribute value for '${type}'.`;
  if (kind === "Number" && !isNumber(value)) {
    return `Can't cast the value of message (user) attribute '${name}' to a number.`;
  }
  if (kind !== "Binary" && !textPattern.test(value)) {
    return `Invalid characters found in the value of message attribute '${name}'.`;
  }
  return undefined;
}

function isNumber(text: string): boolean {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);
}
