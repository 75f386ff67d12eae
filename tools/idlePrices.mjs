// What resources cost while nothing happens: the prices are in idlePrices.json, how often each applies is here.
import { readFileSync } from "node:fs";

/** @type {{ region: string, asOf: string, hoursPerMonth: number, calls: Record<string, { millionUsd: number, what: string }>, types: Record<string, { monthlyUsd: number, per?: string, only?: Record<string, unknown>, billed: string }> }} */
export const idlePrices = JSON.parse(readFileSync(new URL("idlePrices.json", import.meta.url), "utf8"));

/** How many times a type's price applies to a resource; once where it isn't named. */
const counts = {
  "aws:autoscaling/group:Group": ({ inputs }) => inputs.minSize,
  "aws:ec2/vpcEndpoint:VpcEndpoint": ({ inputs }) => (inputs.vpcEndpointType === "Interface" ? zones : 0),
  "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": ({ name, inputs }, resources) =>
    (inputs.provisionedConcurrentExecutions * memoryOf(name, resources)) / 1024,
  "awsx:ec2:Vpc": ({ inputs }) => ({ None: 0, Single: 1, OnePerAz: zones })[inputs.natGateways?.strategy ?? "OnePerAz"],
};

/** Availability zones of the component's own network. */
const zones = 2;

/**
 * What a resource costs in a month in which no job comes, in dollars. Its logs, records and objects, which bill by size,
 * are not in it.
 *
 * @param {{ type: string, name: string, inputs: Record<string, any> }} resource as it was registered
 * @param {{ type: string, name: string, inputs: Record<string, any> }[]} resources all of them
 * @returns {number}
 * @throws Where the table has no price for it: it is an error to leave one out.
 */
export function idlePriceOf(resource, resources) {
  const { type, name, inputs } = resource;
  const price = idlePrices.types[type];
  if (!price) throw new Error(`Expected a price of ${type} in tools/idlePrices.json, for ${name}`);
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
