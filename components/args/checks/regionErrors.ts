import * as pulumi from "@pulumi/pulumi";
import { priceOf } from "../../aws/instancePrices";
import { type BatchJobProcessorArgs } from "../BatchJobProcessorArgs";
import { withDefaults } from "../ProcessorArgs";
import { invalidInputs } from "./invalidInputs";

/**
 * Fails if inputs don't fit the component's region: if the alarms' topic is of another one, to which CloudWatch sends
 * nothing, or if a budget would count instances as nothing, since no price of their type there is known.
 */
export function checkRegion(
  name: string,
  { alarms, budget, processors }: Pick<BatchJobProcessorArgs, "alarms" | "budget" | "processors">,
  region: pulumi.Input<string>,
): pulumi.Output<void> {
  if (alarms === undefined) return pulumi.output(undefined as void);
  return pulumi.all([region, alarms.topicArn]).apply(([own, topicArn]) => {
    // A consumer's mocks may leave it undefined.
    if (!(own as string | undefined)) return;
    const errors = [
      ...topicErrors(topicArn, own),
      ...(budget === undefined ? [] : processors.flatMap((processor, index) => priceErrors(processor, index, own))),
    ];
    if (errors.length > 0) throw new pulumi.RunError(invalidInputs(name, errors));
  });
}

function topicErrors(topicArn: string | undefined, own: string): pulumi.InputPropertyErrorDetails[] {
  const found = topicArn?.split(":")[3];
  if (found === undefined || found === own) return [];
  const reason = `Expected a topic of ${own}, the only region to which its alarms are sent, got one of ${found}`;
  return [{ propertyPath: "alarms.topicArn", reason }];
}

function priceErrors(
  processor: BatchJobProcessorArgs["processors"][number],
  index: number,
  own: string,
): pulumi.InputPropertyErrorDetails[] {
  const { instanceTypes, pricePerInstanceHour } = withDefaults(processor);
  if (pricePerInstanceHour !== undefined) return [];
  const unknown = instanceTypes.filter((instanceType) => priceOf(instanceType, own) === undefined);
  if (unknown.length === 0) return [];
  const reason = `Expected with budget, since no price of ${unknown.join(" and ")} in ${own} is known, got none`;
  return [{ propertyPath: `processors[${index}].pricePerInstanceHour`, reason }];
}
