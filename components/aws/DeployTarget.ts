import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { type Architecture } from "./instanceTypes";

/** The program's partition, region and account, read once for all processors. */
export class DeployTarget {
  readonly region: pulumi.Output<string>;
  readonly partition: pulumi.Output<string>;
  /** Id of the account. */
  readonly account: pulumi.Output<string>;
  /** The provider's `defaultTags`, which it puts on its own resources, but not on those that AWS makes later. */
  readonly defaultTags: pulumi.Output<Record<string, string>>;

  constructor(private readonly opts: pulumi.InvokeOptions) {
    this.region = aws.getRegionOutput({}, opts).region;
    this.partition = aws.getPartitionOutput({}, opts).partition;
    // A consumer's mocks may leave them undefined.
    this.defaultTags = aws
      .getDefaultTagsOutput({}, opts)
      .tags.apply((tags: Record<string, string> | undefined) => tags ?? {});
    this.account = aws.getCallerIdentityOutput({}, opts).accountId;
  }

  /** Id of Amazon Linux 2023 with Docker, or also with NVIDIA's driver, as AWS's public parameter has it now. */
  machineImageId(architecture: Architecture, gpu: boolean): pulumi.Output<string> {
    const kind = gpu ? "/gpu" : architecture === "arm64" ? "/arm64" : "";
    const name = `/aws/service/ecs/optimized-ami/amazon-linux-2023${kind}/recommended/image_id`;
    return aws.ssm.getParameterOutput({ name }, this.opts).value;
  }
}
