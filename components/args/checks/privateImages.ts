import * as pulumi from "@pulumi/pulumi";
import { describe } from "../../../contract/check";
import { parseEcrImage } from "../../aws/permissions";
import { type BatchJobProcessorArgs } from "../BatchJobProcessorArgs";
import { invalidInputs } from "./invalidInputs";

/** Problem of an image for private workers, which reach no registry but ECR; undefined if there is none. */
export function privateImageProblem(image: unknown): string | undefined {
  if (typeof image === "string" && parseEcrImage(image)) return undefined;
  return `Expected an image of a private ECR repository with privateWorkers, got ${describe(image)}`;
}

/**
 * Fails if private workers would pull an image of another registry or, since their endpoints are those of their
 * region, of another region. It sees the images that come as Outputs, too.
 */
export function checkPrivateImages(
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
      if (image === undefined) return [];
      const reason = privateImageProblem(image) ?? regionProblem(image, own);
      return reason === undefined ? [] : [{ propertyPath: images[index]![0], reason }];
    });
    if (errors.length > 0) throw new pulumi.RunError(invalidInputs(name, errors));
  });
}

function regionProblem(image: string, own: string | undefined): string | undefined {
  const found = parseEcrImage(image);
  if (!found || !own || found.region === own) return undefined;
  return `Expected an image of ${own} with privateWorkers, whose endpoints reach no other region, got one of ${found.region}`;
}
