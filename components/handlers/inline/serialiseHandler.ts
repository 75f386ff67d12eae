import * as pulumi from "@pulumi/pulumi";
import { type JobHandler } from "../../../contract/handlers/handler";
import { type BundleFolder } from "../bundle/bundleFolder";
import { HandlerProblems } from "../bundle/bundleProblems";
import { findDeclaration, findLossyCapture } from "../bundle/handlerFindings";
import { allowOnlyGet, isSerialisedOutput } from "./capturedOutput";
import { type Capture, Captures } from "./captures";
import { type NamedPlace } from "./inlineMap";
import { ScriptSource } from "./scriptSource";

/** The text of an inline handler with its captures, without those of its problems. */
export interface SerialisedHandler {
  text: string;
  /** Outputs whose values are in it. */
  outputs: pulumi.Output<unknown>[];
  /** The program's functions that are in it. */
  places: NamedPlace[];
  /** Captures that can't be shipped, in the user's words. */
  problems: string[];
}

/** An inline handler of a processor. */
export interface InlineHandler {
  type: string;
  handle: JobHandler<never>;
  folder: BundleFolder;
}

/** Says of a capture that it can't be shipped. */
class Refused extends Error {
  constructor(
    readonly value: unknown,
    readonly what: string,
    readonly remedy?: string,
  ) {
    super(what);
  }
}

/**
 * Serialises a handler with all its captures.
 *
 * @throws HandlerProblems if it can't be serialised even without those that can't be shipped
 */
export async function serialiseHandler(handler: InlineHandler): Promise<SerialisedHandler> {
  const problems: string[] = [];
  // The serialiser ends at the first one: then it is tried without that.
  for (const refused = new Set<unknown>(); ;) {
    const captures = new Captures(handler.handle);
    try {
      const { text, captured } = await serialise(handler.handle, captures, refused);
      const outputs = captured.map(({ value }) => value as pulumi.Output<unknown>);
      problems.push(...(await secretProblems(captured, captures, handler)));
      return { text, outputs, places: captures.places(), problems };
    } catch (error) {
      const capture = captures.lastOwn();
      problems.push(explain(capture, captures, error as Error, handler));
      if (capture.base === handler.handle || refused.has(capture.base)) throw new HandlerProblems(problems);
      refused.add(capture.base);
    }
  }
}

async function serialise(handle: JobHandler<never>, captures: Captures, refused: Set<unknown>) {
  const captured: Capture[] = [];
  const inspect = (value: unknown): boolean => {
    if (refused.has(value)) return false;
    captures.visit(value);
    if (pulumi.Output.isInstance(value)) {
      const { name, ...found } = captures.last();
      captured.push({ ...found, name: found.value === value ? name : "", value });
    } else if (isSerialisedOutput(value)) {
      // Called right after its Output, with that Output's value.
      allowOnlyGet(value, captured.at(-1)?.name);
    } else {
      if (value instanceof pulumi.Config)
        throw new Refused(value, "a Pulumi Config", "Get its values before the handler");
      const what = findLossyCapture(value) ?? captures.hidden(value);
      if (what !== undefined) throw new Refused(value, what);
    }
    return true;
  };
  const settings = { exportName: "default", serialize: inspect, allowSecrets: true };
  const { text } = await pulumi.runtime.serializeFunction(handle, settings);
  return { text, captured };
}

async function secretProblems(captured: Capture[], captures: Captures, handler: InlineHandler): Promise<string[]> {
  const isSecret = await Promise.all(captured.map(({ value }) => pulumi.isSecret(value as pulumi.Output<unknown>)));
  const remedy = "Give it to the workers by `secrets`";
  const secrets = captured.filter((_, index) => isSecret[index]);
  return secrets.map((capture) =>
    explain(capture, captures, new Refused(capture.value, "a secret Output", remedy), handler),
  );
}

/** Remedy of an inline handler that can't be shipped. */
export function moveToFile(type: string): string {
  return `Move the handler to a file of its own: handler: "./jobs/${type}.ts"`;
}

/** Such as: `schema` (jobs.ts:4), an object of the package zod, can't be shipped as text. Move the handler … */
function explain(capture: Capture, captures: Captures, error: Error, { type, folder }: InlineHandler): string {
  const { name, base, value, variable } = capture;
  const refused = error instanceof Refused && error.value === value ? error : undefined;
  const remedy = refused?.remedy ?? moveToFile(type);
  const declared = variable && findDeclaration(variable.script.text, variable.name, variable.offset);
  const place = variable && new ScriptSource(variable.script).placeOf(declared ?? variable.offset);
  const at = place ? ` (${folder.nameOf(place.file)}:${place.line})` : "";
  const who = (name === "" ? "The handler" : name === "default" ? "The default export" : `\`${name}\``) + at;
  const foreign = captures.foreign(value);
  // A Map is one of Node.js, too.
  const isTold = refused?.remedy !== undefined || foreign?.endsWith("Node.js");
  const found = isTold ? (refused?.what ?? foreign) : (foreign ?? refused?.what);
  const what = found && base !== value ? `an object of ${found}` : found;
  if (what) return `${who}, ${what}, can't be shipped as text. ${remedy}`;
  const reason = /\n *([^\n]+)\n\n(?=Function code:)/.exec(error.message)?.[1] ?? error.message;
  return `${who} can't be shipped as text${/\[\[|native/.test(reason) ? "" : `: ${reason.replace(/\.$/, "")}`}. ${remedy}`;
}
