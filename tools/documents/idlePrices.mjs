// Cost of resources while nothing happens: the prices are in idlePrices.json, the number of times that each applies is
// here.
import { readFileSync } from "node:fs";

/** @type {{ region: string, asOf: string, hoursPerMonth: number, calls: Record<string, { millionUsd: number, what: string }>, types: Record<string, { monthlyUsd: number, per?: string, only?: Record<string, unknown>, billed: string }> }} */
export const idlePrices = JSON.parse(readFileSync(new URL("idlePrices.json", import.meta.url), "utf8"));

/** Number of times that a type's price applies to a resource; once unless it is named here. */
const counts = {
  "aws:autoscaling/group:Group": ({ inputs }) => inputs.minSize,
  "aws:cloudwatch/metricAlarm:MetricAlarm": ({ inputs }) =>
    inputs.metricQueries.reduce(
      (sum, { metric }) => sum + (!metric ? 0 : metric.namespace.startsWith("AWS/") ? 1 : 4),
      0,
    ),
  // A metric of its own, $0.30, unless a budget's alarm has it already.
  "aws:cloudwatch/dashboard:Dashboard": (_, resources) =>
    resources.some(({ name, type }) => type.endsWith(":MetricAlarm") && name.endsWith("-budget")) ? 1 : 1.1,
  "aws:ec2/vpcEndpoint:VpcEndpoint": ({ inputs }) => (inputs.vpcEndpointType === "Interface" ? zones : 0),
  "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": ({ name, inputs }, resources) =>
    (inputs.provisionedConcurrentExecutions * memoryOf(name, resources)) / 1_024,
  "awsx:ec2:Vpc": ({ inputs }) => ({ None: 0, Single: 1, OnePerAz: zones })[inputs.natGateways?.strategy ?? "OnePerAz"],
};

/** Availability zones of the component's own network. */
const zones = 2;

/**
 * Cost of a resource in a month without jobs, in dollars. Its logs, records and objects, which are billed by size,
 * are not included.
 *
 * @param {{ type: string, name: string, inputs: Record<string, any> }} resource as it was registered
 * @param {{ type: string, name: string, inputs: Record<string, any> }[]} resources all of them
 * @returns {number}
 * @throws Error if the table has no price for it: leaving one out is an error.
 */
export function idlePriceOf(resource, resources) {
  const { type, name, inputs } = resource;
  const price = idlePrices.types[type];
  if (!price) throw new Error(`Expected a price of ${type} in tools/documents/idlePrices.json, for ${name}`);
  for (const [property, value] of Object.entries(price.only ?? {})) {
    if (inputs[property] === value) continue;
    throw new Error(`Expected ${property} of ${name} as ${value}, which has a price, got ${inputs[property]}`);
  }
  return price.monthlyUsd * (counts[type]?.(resource, resources) ?? 1);
}

/** Memory of the function that it keeps warm, in MB: LambdaFunction names both alike. */
function memoryOf(name, resources) {
  const functionName = name.replace(/-warm$/, "-function");
  const found = resources.find((resource) => resource.name === functionName);
  if (!found) throw new Error(`Expected the function ${functionName} among the resources, found none`);
  return found.inputs.memorySize;
}
