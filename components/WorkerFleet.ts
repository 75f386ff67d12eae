import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { BatchJobProcessorArgs } from "./BatchJobProcessorArgs";
import { defaults } from "./defaults";
import { encodeWorkerSettings } from "../contract/workerSettings";
import { DeployTarget } from "./DeployTarget";
import { HandlerObject, InlineHandlers } from "./InlineHandlers";
import { JobTables } from "./JobTables";
import { resolve } from "./json";
import {
  consumeFrom,
  createRole,
  endOwnInstance,
  findOwnGroup,
  followRecords,
  policyDocument,
  PolicyStatement,
  pullImage,
  readBacklog,
  readHandler,
  sendTo,
  writeLogs,
} from "./permissions";
import { ProcessorSettings } from "./ProcessorArgs";
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
  target: DeployTarget;
  /** Where inline handlers are kept; there if the processor's is one. */
  handlers?: InlineHandlers;
  /** What makes the fleet grow; absent where CloudWatch does. */
  scaler?: {
    fleetTable: aws.dynamodb.Table;
    functionName: pulumi.Input<string>;
    functionArn: pulumi.Input<string>;
  };
}

/** A processor's Auto Scaling group, whose instances each run one worker container. */
export class WorkerFleet extends pulumi.ComponentResource {
  readonly group: aws.autoscaling.Group;
  /** Stands in where the first group, of spot instances, stays short. */
  readonly onDemandGroup?: aws.autoscaling.Group;
  readonly role: aws.iam.Role;

  constructor(name: string, args: WorkerFleetArgs, opts?: pulumi.ComponentResourceOptions) {
    super("batch-job-processor:index:WorkerFleet", name, {}, opts);
    const logGroup = new aws.cloudwatch.LogGroup(
      `${name}-logs`,
      { retentionInDays: args.logRetentionDays ?? defaults.logRetentionDays, tags: args.tags },
      { parent: this },
    );
    const handler =
      args.processor.handle && args.handlers?.upload(`${name}-handler`, args.processor.name, { parent: this });
    const { role, policy } = this.createInstanceRole(name, args, logGroup, handler);
    this.role = role;
    const template = this.createLaunchTemplate(name, args, logGroup, handler);
    this.group = this.createGroup(name, args, template, [policy]);
    // A policy of its own: in the role's first one, which instances need at their start, the group's ARN would close a
    // circle: group, launch template, instance profile, role.
    new aws.iam.RolePolicy(
      `${name}-lifecycle-policy`,
      { role: role.name, policy: policyDocument(this.lifecycleStatements(args)) },
      { parent: this },
    );
    this.registerOutputs();
  }

  private createInstanceRole(
    name: string,
    args: WorkerFleetArgs,
    logGroup: aws.cloudwatch.LogGroup,
    handler: HandlerObject | undefined,
  ) {
    const { records } = args.tables;
    const statements = [
      consumeFrom(args.queue.queue.arn),
      sendTo("DeadLetter", args.queue.deadLetterQueue.arn),
      ...(records ? [followRecords(records.arn)] : []),
      writeLogs(logGroup.arn),
      pullImage(args.image, args.target.partition),
      ...(handler ? [readHandler(handler.arn)] : []),
      ...(args.policyStatements ?? []),
      ...(args.processor.policyStatements ?? []),
    ];
    return createRole(name, { service: "ec2.amazonaws.com", statements, tags: args.tags }, { parent: this });
  }

  private lifecycleStatements(args: WorkerFleetArgs): PolicyStatement[] {
    return [
      endOwnInstance(this.group.arn),
      readBacklog(args.queue.queue.arn),
      ...(fitsMetadata(args.tags) ? [] : [findOwnGroup()]),
    ];
  }

  private createLaunchTemplate(
    name: string,
    args: WorkerFleetArgs,
    logGroup: aws.cloudwatch.LogGroup,
    handler: HandlerObject | undefined,
  ): aws.ec2.LaunchTemplate {
    const child = { parent: this };
    const profile = new aws.iam.InstanceProfile(`${name}-profile`, { role: this.role.name, tags: args.tags }, child);
    const securityGroup = createSecurityGroup(name, args, child);
    const tags = { ...args.tags, Name: name };
    return new aws.ec2.LaunchTemplate(
      `${name}-template`,
      {
        imageId: args.target.machineImageId(args.processor.architecture),
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
        metadataOptions: {
          httpEndpoint: "enabled",
          httpTokens: "required",
          httpPutResponseHopLimit: 1,
          // Where the worker reads its group's name.
          instanceMetadataTags: fitsMetadata(args.tags) ? "enabled" : "disabled",
        },
        tagSpecifications: [
          { resourceType: "instance", tags },
          { resourceType: "volume", tags },
        ],
        userData: this.userData(args, logGroup, handler).apply((script) => Buffer.from(script).toString("base64")),
        tags: args.tags,
      },
      child,
    );
  }

  private userData(
    args: WorkerFleetArgs,
    logGroup: aws.cloudwatch.LogGroup,
    handler: HandlerObject | undefined,
  ): pulumi.Output<string> {
    const { name: type, environment: own, ...settings } = args.processor;
    const { queue, deadLetterQueue } = args.queue;
    const addresses = pulumi
      .all([queue.url, deadLetterQueue.url, args.tables.records?.name, handler?.url])
      .apply(([queueUrl, deadLetterQueueUrl, jobTable, inlineHandler]) => ({
        queueUrl,
        deadLetterQueueUrl,
        jobTable,
        inlineHandler,
      }));
    const environment = resolve({ ...args.environment, ...own }) as pulumi.Output<Record<string, string>>;
    return pulumi
      .all([args.image, args.target.region, logGroup.name, addresses, environment])
      .apply(([image, region, logGroupName, urls, variables]) =>
        renderUserData({
          image,
          region,
          logGroup: logGroupName,
          environment: {
            AWS_REGION: region,
            ...variables,
            ...encodeWorkerSettings({ ...settings, ...urls, ...hookNames, type }),
          },
          // The worker takes up to 15 s to give back what is left after its drain.
          stopTimeoutSeconds: settings.drainSeconds + 30,
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
        initialLifecycleHooks: lifecycleHooks(args.processor.drainSeconds),
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

const hookNames = { launchHook: "worker-ready", terminateHook: "worker-drained" };

/** A launch whose worker isn't ready by then is given up and tried again; a termination waits for the drain. */
function lifecycleHooks(drainSeconds: number): aws.types.input.autoscaling.GroupInitialLifecycleHook[] {
  return [
    {
      name: hookNames.launchHook,
      lifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING",
      defaultResult: "ABANDON",
      heartbeatTimeout: 600,
    },
    {
      name: hookNames.terminateHook,
      lifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING",
      defaultResult: "CONTINUE",
      // Auto Scaling takes 30 to 7,200 s ("LifecycleHook", Amazon EC2 Auto Scaling API Reference).
      heartbeatTimeout: Math.min(7_200, Math.ceil(drainSeconds) + 60),
    },
  ];
}

/** Whether instances may show their tags in metadata: with any other key the launch fails ("View tags for your EC2 instances"). */
function fitsMetadata(tags: aws.Tags = {}): boolean {
  return Object.keys(tags).every((key) => /^(?!(?:\.{1,2}|_index)$)[\w+\-=.,:@]+$/.test(key));
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
