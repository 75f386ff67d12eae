import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { workerReferences } from "../args/secrets";
import { useKey } from "../aws/encryption";
import {
  announceTo,
  consumeFrom,
  countUsage,
  endOwnInstance,
  findOwnGroup,
  findOwnGroups,
  followRecords,
  invoke,
  keepUserData,
  openSessions,
  pullImage,
  readBacklog,
  readHandler,
  readLargePayloads,
  readRegistryCredentials,
  readSchema,
  readSecrets,
  reportToFleet,
  sendTo,
  type Statements,
  storeLargeResults,
  writeLogs,
} from "../aws/permissions";
import { createRole, policyDocument } from "../aws/roles";
import { type HandlerObject } from "../handlers/InlineHandlers";
import { type WorkerFleetArgs } from "./WorkerFleetArgs";

/** The role of a fleet's instances, with all permissions that need no group. */
export function createWorkerRole(
  name: string,
  args: WorkerFleetArgs,
  logGroup: aws.cloudwatch.LogGroup,
  handler: HandlerObject | undefined,
  parent: pulumi.Resource,
): { role: aws.iam.Role; policy: aws.iam.RolePolicy } {
  const { processor, tags } = args;
  const own = ownStatements(args, logGroup, handler);
  const calls = own.flatMap((statement) => (pulumi.Output.isInstance(statement) ? [] : statement.Action));
  const statements = [
    ...own,
    ...useKey(args.kmsKey, calls),
    ...(args.policyStatements ?? []),
    ...(processor.policyStatements ?? []),
  ];
  // Its deletion also removes the policy of allowOwnGroups.
  return createRole(name, { service: "ec2.amazonaws.com", statements, forceDetachPolicies: true, tags }, { parent });
}

/** Permissions that the worker and its instance need, beside those that the program gives to handlers. */
function ownStatements(
  args: WorkerFleetArgs,
  logGroup: aws.cloudwatch.LogGroup,
  handler: HandlerObject | undefined,
): Statements {
  const { processor, tags } = args;
  const { largeValues } = args.tables;
  const secrets = workerReferences(args, processor);
  return [
    consumeFrom(args.queue.queue.arn),
    readBacklog(args.queue.queue.arn),
    sendTo("DeadLetter", args.queue.deadLetterQueue.arn),
    ...(args.tables.records ? [followRecords(args.tables.records.arn)] : []),
    ...(args.tables.payloads ? [keepUserData(args.tables.payloads.arn, processor.name)] : []),
    ...(largeValues
      ? [readLargePayloads(largeValues.arn, processor.name), storeLargeResults(largeValues.arn, processor.name)]
      : []),
    ...(largeValues && processor.payloadSchema ? [readSchema(args.tables.types.arn, processor.name)] : []),
    ...(args.eventsTopic ? [announceTo(args.eventsTopic.arn)] : []),
    ...(args.keptEventsQueue ? [sendTo("KeepEnds", args.keptEventsQueue.arn)] : []),
    writeLogs(logGroup.arn),
    pullImage(args.image, args.target.partition),
    ...(args.registryCredentials ? [readRegistryCredentials(args.image, args.registryCredentials)] : []),
    ...(handler ? [readHandler(handler.arn)] : []),
    reportToFleet(args.scaler.fleetTable.arn, processor.name),
    countUsage(args.scaler.fleetTable.arn, processor.name),
    invoke("NudgeScaler", args.scaler.functionArn),
    findOwnGroups,
    args.target.defaultTags.apply((standard) => (tagsFitMetadata({ ...standard, ...tags }) ? [] : [findOwnGroup])),
    ...(args.sessionManager ? [openSessions] : []),
    ...(secrets.length > 0 ? [readSecrets(secrets)] : []),
  ];
}

/**
 * Instances' permissions on their groups. A policy of its own: in the role's first one, which instances need at their
 * start, the groups' ARNs would close a circle of group, launch template, instance profile and role.
 *
 * It is deleted with the role, not before the groups as its place in the graph implies: instances need it to drain
 * while their group is deleted.
 */
export function allowOwnGroups(
  name: string,
  role: aws.iam.Role,
  groups: aws.autoscaling.Group[],
  parent: pulumi.Resource,
): void {
  const statements = [endOwnInstance(groups.map(({ arn }) => arn))];
  new aws.iam.RolePolicy(
    `${name}-lifecycle-policy`,
    { role: role.name, policy: policyDocument(statements) },
    { parent, deletedWith: role },
  );
}

/**
 * True if instances may show their tags in metadata: with any other key the launch fails ("View tags for your EC2
 * instances").
 */
export function tagsFitMetadata(tags: object): boolean {
  return Object.keys(tags).every((key) => /^(?!(?:\.{1,2}|_index)$)[\w+\-=.,:@]+$/.test(key));
}
