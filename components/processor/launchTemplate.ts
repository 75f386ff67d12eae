import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { fleetUserData } from "../args/fleetUserData";
import { type ProcessorSettings } from "../args/ProcessorArgs";
import { secretsOf } from "../args/secrets";
import { instancePrices, priceOf } from "../aws/instancePrices";
import { isBurstable } from "../aws/instanceTypes";
import { renderUserData } from "../boot/userData";
import { type HandlerObject } from "../handlers/InlineHandlers";
import { resolve } from "../pulumi/json";
import { type WorkerFleetArgs } from "./WorkerFleetArgs";
import { tagsFitMetadata } from "./workerRole";

/** Tag of instances, volumes and network interfaces: the job type, by which the account's bill can be divided. */
const typeTag = "batch-job-processor-type";

interface LaunchTemplateArgs extends WorkerFleetArgs {
  role: aws.iam.Role;
  logGroup: aws.cloudwatch.LogGroup;
  handler: HandlerObject | undefined;
}

/** The launch template of a fleet's instances; each change makes a new version. */
export function createLaunchTemplate(
  name: string,
  args: LaunchTemplateArgs,
  parent: pulumi.Resource,
): aws.ec2.LaunchTemplate {
  const { processor, network, role, target } = args;
  const profile = new aws.iam.InstanceProfile(`${name}-profile`, { role: role.name, tags: args.tags }, { parent });
  const own = { Name: name, [typeTag]: processor.name };
  const tags = target.defaultTags.apply((standard) => ({ ...standard, ...args.tags, ...own }));
  return new aws.ec2.LaunchTemplate(
    `${name}-template`,
    {
      imageId: args.machineImage,
      instanceType: processor.instanceTypes[0],
      creditSpecification: creditSpecification(processor),
      iamInstanceProfile: { arn: profile.arn },
      networkInterfaces: [
        {
          associatePublicIpAddress: network.assignsPublicIp?.toString(),
          securityGroups: network.securityGroupIds,
          deleteOnTermination: "true",
        },
      ],
      blockDeviceMappings: [rootVolume(args)],
      metadataOptions: {
        httpEndpoint: "enabled",
        httpTokens: "required",
        httpPutResponseHopLimit: 1,
        // The instance reads its group's name there.
        instanceMetadataTags: tags.apply((all) => (tagsFitMetadata(all) ? "enabled" : "disabled")),
      },
      tagSpecifications: tags.apply((all) =>
        ["instance", "volume", "network-interface"].map((resourceType) => ({ resourceType, tags: all })),
      ),
      userData: userData(args),
      tags: args.tags,
    },
    { parent },
  );
}

/** Surplus credits may cost more than spot saves; types that aren't burstable refuse to launch with the setting. */
function creditSpecification(processor: ProcessorSettings): aws.ec2.LaunchTemplateArgs["creditSpecification"] {
  const { spot, instanceTypes } = processor;
  return spot && instanceTypes.every(isBurstable) ? { cpuCredits: "standard" } : undefined;
}

function rootVolume({ processor, kmsKey }: WorkerFleetArgs): aws.types.input.ec2.LaunchTemplateBlockDeviceMapping {
  return {
    deviceName: "/dev/xvda",
    ebs: {
      volumeSize: processor.rootVolumeGb,
      volumeType: "gp3",
      encrypted: "true",
      kmsKeyId: kmsKey,
      deleteOnTermination: "true",
    },
  };
}

/** The user data, as base64. */
function userData(args: LaunchTemplateArgs): pulumi.Output<string> {
  const { processor, metrics, usageLabels, component } = args;
  const { queue, deadLetterQueue } = args.queue;
  const needed = {
    ...{ image: args.image, registryCredentials: args.registryCredentials, logGroup: args.logGroup.name },
    own: {
      ...{ queueUrl: queue.url, deadLetterQueueUrl: deadLetterQueue.url, inlineHandler: args.handler?.url },
      schemaTable: processor.payloadSchema && args.tables.largeValues && args.tables.types.name,
    },
    ...{ shared: args.addresses, environment: { ...args.environment, ...processor.environment } },
    ...{ secrets: secretsOf(args, processor), traces: args.traces },
  };
  return resolve(needed, ({ own, shared: { region, ...shared }, ...known }) => {
    const prices = instancePrices(processor, (instanceType) => priceOf(instanceType, region));
    const ofUsage = { instancePrices: prices, usageLabels };
    const values = { ...known, region, addresses: { ...shared, ...own }, metrics, ...ofUsage, component };
    return Buffer.from(renderUserData(fleetUserData(processor, values))).toString("base64");
  });
}
