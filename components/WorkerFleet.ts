import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { BatchJobProcessorArgs } from "./BatchJobProcessorArgs";
import { defaults } from "./defaults";
import { encodeWorkerSettings } from "../contract/workerSettings";
import { JobTables } from "./JobTables";
import { consumeFrom, createRole, followRecords, pullImage, sendTo, writeLogs } from "./permissions";
import { Architecture, ProcessorSettings } from "./ProcessorArgs";
import { ProcessorQueue } from "./ProcessorQueue";
import { renderUserData } from "./userData";
import { WorkerNetwork } from "./WorkerNetwork";

export interface WorkerFleetArgs extends Pick<
  BatchJobProcessorArgs,
  "logRetentionDays" | "policyStatements" | "environment" | "tags"
> {
  processor: ProcessorSettings;
  queue: ProcessorQueue;
  tables: JobTables;
  network: WorkerNetwork;
  image: pulumi.Input<string>;
}

/** A processor's Auto Scaling group, whose instances each run one worker container. */
export class WorkerFleet extends pulumi.ComponentResource {
  readonly group: aws.autoscaling.Group;
  readonly role: aws.iam.Role;

  constructor(name: string, args: WorkerFleetArgs, opts?: pulumi.ComponentResourceOptions) {
    super("batch-job-processor:index:WorkerFleet", name, {}, opts);
    const logGroup = new aws.cloudwatch.LogGroup(
      `${name}-logs`,
      { retentionInDays: args.logRetentionDays ?? defaults.logRetentionDays, tags: args.tags },
      { parent: this },
    );
    const { role, policy } = this.createInstanceRole(name, args, logGroup);
    this.role = role;
    const template = this.createLaunchTemplate(name, args, logGroup);
    this.group = this.createGroup(name, args, template, [policy]);
    this.registerOutputs();
  }

  private createInstanceRole(name: string, args: WorkerFleetArgs, logGroup: aws.cloudwatch.LogGroup) {
    const statements = pullImage(args.image, aws.getPartitionOutput({}, { parent: this }).partition).apply((pull) => [
      consumeFrom(args.queue.queue.arn),
      sendTo("DeadLetter", args.queue.deadLetterQueue.arn),
      followRecords(args.tables.records.arn),
      writeLogs(logGroup.arn),
      ...pull,
      ...(args.policyStatements ?? []),
      ...(args.processor.policyStatements ?? []),
    ]);
    return createRole(name, { service: "ec2.amazonaws.com", statements, tags: args.tags }, { parent: this });
  }

  private createLaunchTemplate(
    name: string,
    args: WorkerFleetArgs,
    logGroup: aws.cloudwatch.LogGroup,
  ): aws.ec2.LaunchTemplate {
    const child = { parent: this };
    const profile = new aws.iam.InstanceProfile(`${name}-profile`, { role: this.role.name, tags: args.tags }, child);
    const securityGroup = createSecurityGroup(name, args, child);
    const tags = { ...args.tags, Name: name };
    return new aws.ec2.LaunchTemplate(
      `${name}-template`,
      {
        imageId: machineImage(args.processor.architecture, child),
        instanceType: args.processor.instanceTypes[0],
        iamInstanceProfile: { arn: profile.arn },
        networkInterfaces: [
          {
            associatePublicIpAddress: args.network.assignsPublicIp?.toString(),
            securityGroups: [securityGroup.id],
            deleteOnTermination: "true",
          },
        ],
        blockDeviceMappings: [
          {
            deviceName: "/dev/xvda",
            ebs: {
              volumeSize: args.processor.rootVolumeGb,
              volumeType: "gp3",
              encrypted: "true",
              deleteOnTermination: "true",
            },
          },
        ],
        metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
        tagSpecifications: [
          { resourceType: "instance", tags },
          { resourceType: "volume", tags },
        ],
        userData: this.userData(args, logGroup).apply((script) => Buffer.from(script).toString("base64")),
        tags: args.tags,
      },
      child,
    );
  }

  private userData(args: WorkerFleetArgs, logGroup: aws.cloudwatch.LogGroup): pulumi.Output<string> {
    const { name: type, environment: own, ...settings } = args.processor;
    const { queue, deadLetterQueue } = args.queue;
    const addresses = pulumi
      .all([queue.url, deadLetterQueue.url, args.tables.records.name])
      .apply(([queueUrl, deadLetterQueueUrl, jobTable]) => ({ queueUrl, deadLetterQueueUrl, jobTable }));
    const region = aws.getRegionOutput({}, { parent: this }).region;
    const environment: pulumi.Output<Record<string, string>> = pulumi.output({ ...args.environment, ...own });
    return pulumi
      .all([args.image, region, logGroup.name, addresses, environment])
      .apply(([image, regionName, logGroupName, urls, variables]) =>
        renderUserData({
          image,
          region: regionName,
          logGroup: logGroupName,
          environment: {
            AWS_REGION: regionName,
            ...variables,
            ...encodeWorkerSettings({ ...settings, ...urls, type }),
          },
          stopTimeoutSeconds: settings.drainSeconds + 15,
        }),
      );
  }

  private createGroup(
    name: string,
    args: WorkerFleetArgs,
    template: aws.ec2.LaunchTemplate,
    dependsOn: pulumi.Resource[],
  ): aws.autoscaling.Group {
    const { minInstances, maxInstances } = args.processor;
    return new aws.autoscaling.Group(
      `${name}-group`,
      {
        minSize: minInstances,
        maxSize: maxInstances,
        vpcZoneIdentifiers: args.network.subnetIds,
        launchTemplate: { id: template.id, version: pulumi.interpolate`${template.latestVersion}` },
        healthCheckType: "EC2",
        protectFromScaleIn: true,
        suspendedProcesses: ["AZRebalance"],
        capacityRebalance: false,
        waitForCapacityTimeout: "0",
        tags: Object.entries({ ...args.tags, Name: name }).map(([key, value]) => ({
          key,
          value,
          propagateAtLaunch: false,
        })),
      },
      { parent: this, dependsOn, ignoreChanges: ["desiredCapacity"], customTimeouts: { delete: "30m" } },
    );
  }
}

/** Amazon Linux 2023 with Docker on board, as AWS's public parameter has it now. */
function machineImage(architecture: Architecture, opts: pulumi.InvokeOptions): pulumi.Output<string> {
  const folder = "/aws/service/ecs/optimized-ami/amazon-linux-2023";
  const name = `${folder}/${architecture === "arm64" ? "arm64/" : ""}recommended/image_id`;
  return aws.ssm.getParameterOutput({ name }, opts).value;
}

/** No inbound rule: workers fetch their work. Handlers may call out to anywhere. */
function createSecurityGroup(name: string, args: WorkerFleetArgs, opts: pulumi.ResourceOptions): aws.ec2.SecurityGroup {
  return new aws.ec2.SecurityGroup(
    `${name}-security-group`,
    {
      description: "Batch job workers: nothing comes in",
      vpcId: args.network.vpcId,
      egress: [
        {
          description: "Anywhere",
          protocol: "-1",
          fromPort: 0,
          toPort: 0,
          cidrBlocks: ["0.0.0.0/0"],
          ipv6CidrBlocks: ["::/0"],
        },
      ],
      tags: args.tags,
    },
    opts,
  );
}
