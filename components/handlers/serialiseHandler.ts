import * as pulumi from "@pulumi/pulumi";
import { type JobHandler } from "../../contract/handler";
import { allowOnlyGet, isSerialisedOutput } from "../aws/capturedOutput";
import { findLossyCapture } from "./handlerFindings";

/** A handler as text that a worker can load, and the outputs whose values it contains. */
export interface SerialisedHandler {
  text: string;
  outputs: pulumi.Output<unknown>[];
}

/** Serialises a handler with all its captures; rejects with the names of captures that would not survive. */
export async function serialiseHandler(handle: JobHandler<never>): Promise<SerialisedHandler> {
  const outputs: pulumi.Output<unknown>[] = [];
  const problems = new Set<string>();
  const names = new Map<unknown, string>();
  let name = "";
  let outputName: string | undefined;
  const inspect = (value: unknown): boolean => {
    // The serialiser reads the name of a variable or property right before its value, at its first use.
    const named = identifier.test(name) ? name : undefined;
    name = typeof value === "string" ? value : "";
    if (pulumi.Output.isInstance(value)) {
      outputs.push(value);
      outputName = names.get(value) ?? named;
    } else if (isSerialisedOutput(value)) {
      // Called right after its Output, with that Output's value.
      allowOnlyGet(value, outputName);
    } else {
      nameParts(value, names.get(value) ?? named, names);
    }
    const finding = value instanceof pulumi.Config ? configFinding : findLossyCapture(value);
    if (finding) problems.add(named ? `\`${named}\`, ${finding}` : finding);
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

/** Names the parts of an object or a list by their paths from the captured variable. */
function nameParts(value: unknown, path: string | undefined, names: Map<unknown, string>): void {
  if (path === undefined || typeof value !== "object" || value === null || value instanceof Promise) return;
  for (const [key, { value: item }] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
    if (typeof item !== "object" || item === null || names.has(item)) continue;
    if (identifier.test(key)) names.set(item, `${path}.${key}`);
    else names.set(item, `${path}[${/^\d+$/.test(key) ? key : JSON.stringify(key)}]`);
  }
}

const configFinding = "a Pulumi Config, which only a deployment has: get its values before";
const identifier = /^[A-Za-z_$][\w$]*$/;
const deployTimePackage = /\brequire\("@pulumi\//;
