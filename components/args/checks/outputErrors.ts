import * as pulumi from "@pulumi/pulumi";

type InputError = pulumi.InputPropertyErrorDetails;

/** Beginning of Pulumi's sentences in place of an Output that was turned into text or JSON. */
const sentence = /Calling \[(toString|toJSON)\] on an \[?Output<T>\]?/;

/**
 * Replaces all problems at or below an input by one line, if the input is an Output but must be known, or
 * a string with an Output in it. Such a string is never valid: it contains Pulumi's error text, not the
 * value. Relations between inputs are then not checked: one of them isn't known.
 */
export function withOutputErrors(args: unknown, errors: InputError[], between: () => InputError[]): InputError[] {
  const outputs: string[] = [];
  const texts: string[] = [];
  const visited = new Set<unknown>();

  function visit(value: unknown, path: string): void {
    if (typeof value === "string" && sentence.test(value)) texts.push(path);
    if (typeof value !== "object" || value === null || visited.has(value)) return;
    if (pulumi.Output.isInstance(value)) return void outputs.push(path);
    if (value instanceof Promise) return;
    visited.add(value);
    if (Array.isArray(value)) value.forEach((item, index) => visit(item, `${path}[${index}]`));
    else {
      for (const [key, item] of Object.entries(value)) {
        // The name itself makes no readable path.
        if (sentence.test(key)) texts.push(path);
        else visit(item, path === "" ? key : `${path}.${key}`);
      }
    }
    visited.delete(value);
  }
  visit(args, "");

  const refused = outputs.filter(
    (path) => isPlain(path) || errors.some(({ propertyPath }) => isWithin(propertyPath, path)),
  );
  const at = [...new Set([...texts, ...refused])];
  if (at.length === 0) return [...errors, ...between()];
  const lines = at.map((propertyPath) => ({
    propertyPath,
    reason: texts.includes(propertyPath) ? textReason : outputReason,
  }));
  return [
    ...lines,
    ...errors.filter(
      ({ propertyPath }) => !at.some((path) => isWithin(propertyPath, path) || isWithin(path, propertyPath)),
    ),
  ];
}

/** True if it is turned into JSON as it stands, in which an Output becomes Pulumi's error text. */
function isPlain(path: string): boolean {
  return /\.(payloadSchema|payload)\b/.test(path);
}

function isWithin(path: string, outer: string): boolean {
  return path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);
}

const outputReason =
  "Expected a value that is known before the deployment, got an Output: what names or counts resources can't come from one";
const textReason =
  "Expected a text, got one that an Output was made part of by `${…}`, + or JSON.stringify: use pulumi.interpolate or apply";
