import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { encodeWorkerSettings, fixedWorkerSettings } from "../../contract/workerSettings";
import { metricsOf } from "../args/metricSettings";
import { secretsOf } from "../args/secrets";
import { isBurstable } from "../aws/instanceTypes";
import { resolve } from "../aws/json";
import { hookNames, renderUserData, stopTimeoutSeconds } from "../boot/userData";
import { type HandlerObject } from "../handlers/InlineHandlers";
import { type WorkerFleetArgs } from "./WorkerFleetArgs";
import { tagsFitMetadata } from "./workerRole";

/** The launch template of a fleet's instances; each change makes a new version. */
export function createLaunchTemplate(
  name: string,
  args: WorkerFleetArgs & {
    role: aws.iam.Role;
    logGroup: aws.cloudwatch.LogGroup;
    handler: HandlerObject | undefined;
  },
  parent: pulumi.Resource,
): aws.ec2.LaunchTemplate {
  const { processor, network, role, target } = args;
  const profile = new aws.iam.InstanceProfile(`${name}-profile`, { role: role.name, tags: args.tags }, { parent });
  const tags = target.defaultTags.apply((standard) => ({ ...standard, ...args.tags, Name: name }));
  return new aws.ec2.LaunchTemplate(
    `${name}-template`,
    {
      imageId: args.machineImage,
      instanceType: processor.instanceTypes[0],
      // Surplus credits may cost more than spot saves; other types refuse to launch with the setting.
      creditSpecification:
        processor.spot && processor.instanceTypes.every(isBurstable) ? { cpuCredits: "standard" } : undefined,
      iamInstanceProfile: { arn: profile.arn },
      networkInterfaces: [
        {
          associatePublicIpAddress: network.assignsPublicIp?.toString(),
          securityGroups: network.securityGroupIds,
          deleteOnTermination: "true",
        },
      ],
      blockDeviceMappings: [
        {
          deviceName: "/dev/xvda",
          ebs: {
            volumeSize: processor.rootVolumeGb,
            volumeType: "gp3",
            encrypted: "true",
            kmsKeyId: args.kmsKey,
            deleteOnTermination: "true",
          },
        },
      ],
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

/** The user data, as base64. */
function userData(
  args: WorkerFleetArgs & { logGroup: aws.cloudwatch.LogGroup; handler: HandlerObject | undefined },
): pulumi.Output<string> {
  const { name: type, environment: own, ...settings } = args.processor;
  const { queue, deadLetterQueue } = args.queue;
  const needed = {
    ...{ image: args.image, registryCredentials: args.registryCredentials, logGroup: args.logGroup.name },
    addresses: { queueUrl: queue.url, deadLetterQueueUrl: deadLetterQueue.url, inlineHandler: args.handler?.url },
    ...{ shared: args.addresses, environment: { ...args.environment, ...own } },
    secrets: secretsOf(args, args.processor),
  };
  return resolve(needed, ({ image, registryCredentials, logGroup, addresses, shared, environment, secrets }) => {
    const { region, ...others } = shared;
    const script = renderUserData({
      type,
      image,
      registryCredentials,
      region,
      logGroup,
      launchHook: hookNames.launchHook,
      environment: {
        AWS_REGION: region,
        ...environment,
        ...encodeWorkerSettings({
          ...settings,
          ...fixedWorkerSettings,
          ...(args.handler && { handler: undefined }),
          ...addresses,
          ...others,
          ...hookNames,
          ...metricsOf(args.metrics, args.component),
          type,
          secrets: Object.keys(secrets).length > 0 ? secrets : undefined,
        }),
      },
      stopTimeoutSeconds: stopTimeoutSeconds(settings),
      gpu: settings.gpu,
      instanceStore: settings.instanceStore,
    });
    return Buffer.from(script).toString("base64");
  });
}
