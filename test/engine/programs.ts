import { type ProcessorArgs } from "../../components";
import type { Step } from "./support";

/** Configuration of the program itself, as in a stack's file. */
export function stackConfig(
  processors: Omit<ProcessorArgs, "handle">[],
  settings: object = {},
): Record<string, unknown> {
  return {
    "aws:region": "us-east-1",
    "batch-job-processor:processors": processors,
    "batch-job-processor:settings": { authorization: "none", ...settings },
  };
}

export const wordCount = { name: "word-count", handler: "word-count" };
export const checksum = { name: "checksum", handler: "checksum" };
export const thumbnail = { name: "thumbnail", handler: "thumbnail" };

/** Steps as lines to compare: what was done to which resource, in any order. */
export function lines(steps: Step[]): string[] {
  return steps
    .map(({ op, name, diffs }) => [op, name, ...(diffs.length > 0 ? [`(${diffs.join(", ")})`] : [])].join(" "))
    .sort();
}

/** Lines of one and the same step for the given resources. */
export function each(op: string, names: string[]): string[] {
  return names.map((name) => `${op} ${name}`).sort();
}

/** All that a type has of its own. */
export function resourcesOf(component: string, type: string): string[] {
  const prefix = `${component}-${type}`;
  const [queue, fleet] = [`${prefix}-queue`, `${prefix}-fleet`];
  return [
    queue,
    `${queue}-dead-letters`,
    `${queue}-dead-letters-policy`,
    `${queue}-jobs`,
    `${queue}-jobs-policy`,
    `${queue}-redrive-allow`,
    fleet,
    `${fleet}-logs`,
    `${fleet}-role`,
    `${fleet}-policy`,
    `${fleet}-profile`,
    `${fleet}-template`,
    `${fleet}-group`,
    `${fleet}-group-worker-drained`,
    `${fleet}-group-worker-ready`,
    `${fleet}-lifecycle-policy`,
    `${prefix}-removal`,
    `${prefix}-type`,
  ];
}
