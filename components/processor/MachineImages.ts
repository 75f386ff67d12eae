import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { defaults, recommendedPattern } from "../args/defaults";
import { type ProcessorSettings } from "../args/ProcessorArgs";
import { type DeployTarget } from "../aws/DeployTarget";
import { type Architecture } from "../aws/instanceTypes";
import { pin } from "../pulumi/pin";

/** A machine image of instances. */
export interface MachineImage {
  id: pulumi.Output<string>;
  /** Creation time, ISO 8601; undefined if it isn't known. */
  createdAt: pulumi.Output<string | undefined>;
}

/** The machine images of a component: the given ones, and those that AWS recommended at their first use. */
export class MachineImages {
  private readonly images: Record<string, MachineImage> = {};

  constructor(
    private readonly name: string,
    private readonly args: { machineImage?: pulumi.Input<string>; target: DeployTarget; tags?: aws.Tags },
    private readonly parent: pulumi.Resource,
  ) {}

  /** Image of the processor's instances. */
  of({ machineImage, architecture, gpu }: ProcessorSettings): MachineImage {
    const wanted = machineImage ?? this.args.machineImage ?? defaults.machineImage;
    const label = typeof wanted === "string" ? recommendedPattern.exec(wanted) : null;
    if (typeof wanted === "string" && !label) return (this.images[wanted] ??= this.image(pulumi.output(wanted)));
    if (!label) return this.image(pulumi.output(wanted));
    const key = [architecture, gpu && "gpu", label[1]].filter(Boolean).join("-");
    return (this.images[key] ??= this.image(this.recommended(key, architecture, gpu)));
  }

  private recommended(key: string, architecture: Architecture, gpu: boolean): pulumi.Output<string> {
    const { target, tags } = this.args;
    const description = "Machine image of workers, as AWS recommended it when it was first asked for";
    const value = target.machineImageId(architecture, gpu);
    return pin(`${this.name}-machine-image-${key}`, { value, description, tags }, this.parent);
  }

  private image(id: pulumi.Output<string>): MachineImage {
    // A missing image shows when launches fail: other changes can be deployed without it.
    const createdAt = id.apply((known) => createdAtOf(known, { parent: this.parent }).catch(() => undefined));
    return { id, createdAt };
  }
}

async function createdAtOf(id: string, opts: pulumi.InvokeOptions): Promise<string | undefined> {
  const filters = [{ name: "image-id", values: [id] }];
  const { creationDate } = await aws.ec2.getAmi({ filters, includeDeprecated: true }, opts);
  return creationDate;
}
