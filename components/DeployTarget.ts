import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { Architecture } from "./choices";

/** Where the program deploys to, looked up once for all processors. */
export class DeployTarget {
  readonly region: pulumi.Output<string>;
  readonly partition: pulumi.Output<string>;
  private readonly machineImages: Partial<Record<Architecture, pulumi.Output<string>>> = {};

  constructor(private readonly opts: pulumi.InvokeOptions) {
    this.region = aws.getRegionOutput({}, opts).region;
    this.partition = aws.getPartitionOutput({}, opts).partition;
  }

  /** Amazon Linux 2023 with Docker on board, as AWS's public parameter has it now. */
  machineImageId(architecture: Architecture): pulumi.Output<string> {
    const folder = `/aws/service/ecs/optimized-ami/amazon-linux-2023${architecture === "arm64" ? "/arm64" : ""}`;
    const name = `${folder}/recommended/image_id`;
    return (this.machineImages[architecture] ??= aws.ssm.getParameterOutput({ name }, this.opts).value);
  }
}
