import { describe, isObject } from "../../../contract/check";
import { type HandlerFile } from "../../handlers/jobs/readHandlerFiles";
import { readFilesOf } from "../../handlers/shipHandlers";
import { type BatchJobProcessorArgs } from "../BatchJobProcessorArgs";
import { type ProcessorArgs } from "../ProcessorArgs";
import { schemaProblem } from "./schemaProblem";

/** Inputs with what the files of their handlers say of the job types. */
export interface ArgsOfFiles {
  args: BatchJobProcessorArgs;
  /** Contradictions between the two. */
  errors: { propertyPath: string; reason: string }[];
  /** File and line of inputs that a file gives, by property path. */
  places: Map<string, string>;
}

/** Adds to the processors, right or wrong, what `defineJob` says in their handlers' files. */
export function withJobFiles(args: BatchJobProcessorArgs): ArgsOfFiles {
  const whole: ArgsOfFiles = { args, errors: [], places: new Map() };
  if (!isObject(args) || !Array.isArray(args.processors)) return whole;
  const handlers = args.processors.map((processor) => {
    const { handler, image } = Object(processor) as ProcessorArgs;
    return { handler, isStockImage: (image ?? args.image) === undefined };
  });
  const files = readFilesOf(handlers);
  const processors = args.processors.map((processor, index) => addFile(processor, files[index], index, whole));
  return { ...whole, args: { ...args, processors } };
}

function addFile(
  processor: ProcessorArgs,
  file: HandlerFile | undefined,
  index: number,
  { errors, places }: ArgsOfFiles,
): ProcessorArgs {
  if (!file?.declaration) return processor;
  const { place, name, payloadSchema, resultSchema, options } = file.declaration;
  const refuse = (input: keyof ProcessorArgs, reason: string) =>
    errors.push({ propertyPath: `processors[${index}].${input}`, reason });
  if (name !== undefined && name !== processor.name) {
    refuse("name", `Expected ${describe(name)}, as defineJob at ${place} says, got ${describe(processor.name)}`);
  }
  if (payloadSchema !== undefined && processor.payloadSchema !== undefined) {
    refuse("payloadSchema", `Expected a schema in one place, got one here and \`payload\` in defineJob at ${place}`);
  }
  const problem = resultSchema && schemaProblem(resultSchema);
  if (problem !== undefined) refuse("handler", `${place}: \`result\`: ${problem}`);
  const ofFile = Object.entries({ ...options, payloadSchema }).filter(
    ([input, value]) => value !== undefined && processor[input as keyof ProcessorArgs] === undefined,
  );
  for (const [input] of ofFile) places.set(`processors[${index}].${input}`, place);
  return { ...processor, ...(Object.fromEntries(ofFile) as Partial<ProcessorArgs>) };
}
