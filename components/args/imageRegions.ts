import * as pulumi from "@pulumi/pulumi";
import { BatchJobProcessorArgs } from "./BatchJobProcessorArgs";
import { invalidInputs } from "./invalidInputs";
import { parseEcrImage } from "../aws/permissions";

/** Fails if private workers, whose endpoints are those of their region, would pull an image of another region. */
export function checkImageRegions(
  name: string,
  args: Pick<BatchJobProcessorArgs, "image" | "network" | "processors">,
  region: pulumi.Input<string>,
): pulumi.Output<void> {
  if (args.network?.privateWorkers !== true) return pulumi.output(undefined as void);
  const images: [path: string, image: pulumi.Input<string> | undefined][] = [
    ["image", args.image],
    ...args.processors.map(({ image }, index): [string, typeof image] => [`processors[${index}].image`, image]),
  ];
  return pulumi.all([region, ...images.map(([, image]) => image)]).apply(([own, ...known]) => {
    const errors = known.flatMap((image, index) => {
      const found = parseEcrImage(image);
      if (!found || !own || found.region === own) return [];
      const reason = `Expected an image of ${own} with privateWorkers, whose endpoints reach no other region, got one of ${found.region}`;
      return [{ propertyPath: images[index]![0], reason }];
    });
    if (errors.length > 0) throw new pulumi.RunError(invalidInputs(name, errors));
  });
}
