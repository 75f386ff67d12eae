import type * as aws from "@pulumi/aws";
import * as awsx from "@pulumi/awsx/ecr";
import * as pulumi from "@pulumi/pulumi";
import { buildContext } from "./buildContext";

/** Docker's platform names by EC2's architecture names. */
const platforms: Record<string, string> = { arm64: "linux/arm64", x86_64: "linux/amd64" };

/**
 * Time of all files in the image, in epoch seconds, so that two builds of the same files have one digest: fleets are
 * replaced for another image, not for another build. npm gives the files of packages this time.
 */
const sourceDateEpoch = "499162500";

/** The workers' container image, built from the package's `worker-image` folder for each architecture in use. */
export class WorkerImage extends pulumi.ComponentResource {
  private readonly uris: Record<string, pulumi.Output<string>> = {};

  constructor(
    name: string,
    args: { architectures: string[]; tags?: aws.Tags },
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("batch-job-processor:index:WorkerImage", name, {}, opts);
    const repository = new awsx.Repository(
      `${name}-repository`,
      {
        imageScanningConfiguration: { scanOnPush: true },
        lifecyclePolicy: { rules: [{ tagStatus: "untagged", maximumNumberOfImages: 10 }] },
        forceDelete: true,
        tags: args.tags,
      },
      { parent: this },
    );
    for (const architecture of [...new Set(args.architectures)].sort()) {
      const imageName = `${name}-${architecture.replace("_", "-")}`;
      const image = new awsx.Image(
        imageName,
        {
          repositoryUrl: repository.url,
          context: buildContext(),
          args: { SOURCE_DATE_EPOCH: sourceDateEpoch },
          platform: platforms[architecture],
          // awsx names the image's own resource by the tag, which two components of a stack may not share.
          imageTag: imageName,
        },
        { parent: this },
      );
      this.uris[architecture] = image.imageUri;
    }
    this.registerOutputs();
  }

  /** Name of the image for the architecture. */
  uri(architecture: string): pulumi.Output<string> {
    return this.uris[architecture]!;
  }
}
