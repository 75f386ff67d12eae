import * as pulumi from "@pulumi/pulumi";
import { describe } from "../../../contract/check";
import { maxComponentCharacters } from "../../aws/fitName";
import { type BatchJobProcessorArgs } from "../BatchJobProcessorArgs";
import { argsSchema } from "./argsSchema";
import { sizeErrors } from "./environmentErrors";
import { explainIssue } from "./explainIssue";
import { formerInputs } from "./formerInputs";
import { invalidInputs } from "./invalidInputs";
import { withOutputErrors } from "./outputErrors";
import { relationErrors } from "./relationErrors";
import { withJobFiles } from "./withJobFiles";

/**
 * The inputs with what their handlers' files say.
 *
 * @throws `pulumi.InputPropertiesError` that names every problem of the inputs with its property path.
 */
export function validateArgs(name: string, given: BatchJobProcessorArgs): BatchJobProcessorArgs {
  const { args, errors: contradictions, places } = withJobFiles(given);
  const shape = shapeErrors(args);
  // Sizes need a valid program.
  const between = () => [...relationErrors(args), ...(shape.length === 0 ? sizeErrors(args) : [])];
  const found = [...nameErrors(name), ...withOutputErrors(args, shape, between), ...contradictions];
  const errors = found.map(({ propertyPath, reason }) => {
    const place = places.get(/^processors\[\d+\]\.\w+/.exec(propertyPath)?.[0] ?? "");
    return { propertyPath, reason: place === undefined ? reason : `${reason}, in defineJob at ${place}` };
  });
  if (errors.length > 0) throw new pulumi.InputPropertiesError({ message: invalidInputs(name, errors), errors });
  return args;
}

type InputError = pulumi.InputPropertyErrorDetails;

/** Problems of the component's own name, with which the physical names of its resources begin. */
function nameErrors(name: string): InputError[] {
  if (/^[A-Za-z][A-Za-z0-9-]*$/.test(name) && name.length <= maxComponentCharacters) return [];
  const what = `1–${maxComponentCharacters} letters, digits and hyphens, starting with a letter`;
  return [{ propertyPath: "name", reason: `Expected a component's name of ${what}, got ${describe(name)}` }];
}

/** Problems of single properties. */
function shapeErrors(args: BatchJobProcessorArgs): InputError[] {
  const outcome = argsSchema.safeParse(args, { error: explainIssue });
  return (outcome.error?.issues ?? []).flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({
          propertyPath: pathOf([...issue.path, key]),
          reason: formerReason(issue.path, key) ?? "Expected no such property",
        }))
      : [{ propertyPath: pathOf(issue.path), reason: issue.message }],
  );
}

/** The reason to refuse a key at the path, if it was an input once. */
function formerReason(path: PropertyKey[], key: string): string | undefined {
  const isOfProcessor = path.length === 2 && path[0] === "processors";
  if (path.length > 0 && !isOfProcessor) return undefined;
  const former = formerInputs[isOfProcessor ? "processor" : "component"];
  return Object.hasOwn(former, key) ? former[key] : undefined;
}

function pathOf(path: PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`),
    "",
  );
}
