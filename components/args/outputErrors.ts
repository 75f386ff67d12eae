import * as pulumi from "@pulumi/pulumi";

type InputError = pulumi.InputPropertyErrorDetails;

/** How Pulumi's sentences begin that stand where an Output was turned into text or JSON. */
const sentence = /Calling \[(toString|toJSON)\] on an \[?Output<T>\]?/;

/**
 * Puts one line in place of all that is wrong at or below each input that is an Output where a value must be known, or
 * a text that an Output was made part of. Such a text is wrong everywhere: what it says is Pulumi's complaint, not the
 * value. What is wrong between inputs is not asked then: one of them isn't known.
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
        // The name itself is no path that anybody could read.
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

/** Whether it becomes JSON as it stands, in which an Output is Pulumi's complaint. */
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
