/** Properties of a resource, as the program gave them or as the cloud reports them. */
export type Properties = Record<string, unknown>;

/** A text input that the type demands. */
export function text(inputs: Properties, field: string): string {
  const value = inputs[field];
  if (typeof value !== "string" || value === "")
    throw new Error(`Expected \`${field}\` as a text, got ${JSON.stringify(value)}`);
  return value;
}

/** A text input that may be left out, or empty, which stands for the same. */
export function optionalText(inputs: Properties, field: string): string | undefined {
  return inputs[field] === undefined || inputs[field] === "" ? undefined : text(inputs, field);
}

/** A number input that may be left out; the engine may hand it over as text. */
export function optionalNumber(inputs: Properties, field: string): number | undefined {
  const value = inputs[field];
  if (value === undefined) return undefined;
  const number = Number(value);
  if (Number.isNaN(number)) throw new Error(`Expected \`${field}\` as a number, got ${JSON.stringify(value)}`);
  return number;
}
