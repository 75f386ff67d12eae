import * as pulumi from "@pulumi/pulumi";
import { JobHandler } from "../contract/handler";
import { findLossyCapture } from "./handlerFindings";

/** A handler as text that a worker can load, and the outputs whose values it holds. */
export interface SerialisedHandler {
  text: string;
  outputs: pulumi.Output<unknown>[];
}

/** Serialises a handler with all that it captures; rejects, naming them, where captures would not survive. */
export async function serialiseHandler(handle: JobHandler<never>): Promise<SerialisedHandler> {
  const outputs: pulumi.Output<unknown>[] = [];
  const problems = new Set<string>();
  let name = "";
  const inspect = (value: unknown): boolean => {
    // The serialiser asks for the name of a variable or property right before its value.
    if (typeof value === "string") name = value;
    if (pulumi.Output.isInstance(value)) outputs.push(value);
    const finding = value instanceof pulumi.Config ? configFinding : findLossyCapture(value);
    if (finding) problems.add(identifier.test(name) ? `\`${name}\`, ${finding}` : finding);
    return finding === undefined;
  };
  const { text } = await pulumi.runtime.serializeFunction(handle, { exportName: "default", serialize: inspect });
  if (deployTimePackage.test(text)) {
    problems.add("a package of Pulumi's, which only a deployment has: take the values out of it before");
  }
  if (problems.size > 0)
    throw new Error(`Expected captures that survive serialisation, got ${[...problems].join("; ")}`);
  return { text, outputs };
}

const configFinding = "a Pulumi Config, which only a deployment has: get its values before";
const identifier = /^[A-Za-z_$][\w$]*$/;
const deployTimePackage = /\brequire\("@pulumi\//;
