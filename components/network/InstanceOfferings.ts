import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type Offers } from "./chooseZones";

/** Values that a filter takes ("DescribeInstanceTypeOfferings", Amazon EC2 API Reference). */
const typesAtOnce = 200;

/** The zones in which EC2 offers the processors' instance types, read once for all of them. */
export class InstanceOfferings {
  /** Undefined if nothing is known, for instance under mocks that only echo. */
  readonly offers: pulumi.Output<Offers | undefined>;

  constructor(types: string[], opts: pulumi.InvokeOptions) {
    const asked = [...new Set(types)].sort();
    const batches: string[][] = [];
    for (let start = 0; start < asked.length; start += typesAtOnce) {
      batches.push(asked.slice(start, start + typesAtOnce));
    }
    const answers = batches.map((values) =>
      aws.ec2.getInstanceTypeOfferingsOutput(
        { locationType: "availability-zone", filters: [{ name: "instance-type", values }] },
        opts,
      ),
    );
    this.offers = pulumi.all(answers).apply((found) => {
      if (found.length === 0) return undefined;
      const offers: Offers = Object.fromEntries(asked.map((type) => [type, []]));
      for (const { instanceTypes, locations } of found as Partial<aws.ec2.GetInstanceTypeOfferingsResult>[]) {
        if (!Array.isArray(instanceTypes) || !Array.isArray(locations)) return undefined;
        instanceTypes.forEach((type, index) => offers[type]?.push(locations[index]!));
      }
      return offers;
    });
  }
}
