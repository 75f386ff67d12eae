import { createHash } from "node:crypto";
import { names } from "../pulumi/limits";
import { defaultsKey, type WireProperties } from "./wire";

/** The input with a resource's name, for types whose names the AWS provider generates if the program gives none. */
const nameInputs: Record<string, string> = {
  ...Object.fromEntries(Object.entries(names).map(([type, [field]]) => [type, field])),
  "aws:apigatewayv2/authorizer:Authorizer": "name",
  "aws:autoscaling/lifecycleHook:LifecycleHook": "name",
  "aws:autoscaling/policy:Policy": "name",
  "aws:cloudwatch/metricAlarm:MetricAlarm": "name",
  "aws:ecr/repository:Repository": "name",
};

/** Inputs with a name: the program's, else the resource's present one, else one with a random end. */
export function withName(
  { type, name }: { type: string; name: string },
  olds: WireProperties,
  news: WireProperties,
  randomSeed: Uint8Array,
): WireProperties {
  const input = nameInputs[type];
  if (!input || news[input] !== undefined || news[`${input}Prefix`] !== undefined) return news;
  const isOldOurs = (olds[defaultsKey] as string[] | undefined)?.includes(input);
  const end = createHash("sha256").update(randomSeed).digest("hex").slice(0, 7);
  const suffix = news.fifoQueue || news.fifoTopic ? ".fifo" : "";
  const value = isOldOurs ? olds[input]! : `${name}-${end}${suffix}`;
  return { ...news, [input]: value, [defaultsKey]: [input] };
}

/** True if a replacement would have the name of the resource that it replaces, and so must wait for its deletion. */
export function keepsName(type: string, olds: WireProperties, news: WireProperties): boolean {
  const input = nameInputs[type];
  if (!input || (news[defaultsKey] as string[] | undefined)?.includes(input)) return false;
  return news[input] !== undefined && news[input] === olds[input];
}
