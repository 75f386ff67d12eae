import { relative } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { bytesOf, describe, isObject } from "../../../contract/check";
import { limits } from "../../../contract/limits";
import { architectureOf, isBurstable } from "../../aws/instanceTypes";
import { usesThis } from "../../handlers/bundle/handlerFindings";
import { definitionOf, placeOf } from "../../handlers/jobs/jobDeclaration";
import { type BatchJobProcessorArgs } from "../BatchJobProcessorArgs";
import { Egress, Metrics, PayloadForm } from "../choices";
import { recommendedPattern } from "../defaults";
import { type LambdaArgs } from "../LambdaArgs";
import { type NetworkArgs } from "../NetworkArgs";
import { type CapacityChange, type JobSchedule, type ProcessorArgs, withDefaults } from "../ProcessorArgs";
import { clashErrors } from "../secrets";
import { privateImageProblem } from "./privateImages";
import { roomErrors } from "./roomErrors";
import { schemaProblem } from "./schemaProblem";

type InputError = pulumi.InputPropertyErrorDetails;

/** Notes a problem of the input at a path. */
type Refuse = (propertyPath: string, reason: string) => void;

/** Problems between properties. Runs even if the shape is wrong, so that all problems are reported together. */
export function relationErrors(args: BatchJobProcessorArgs): InputError[] {
  if (!isObject(args)) return [];
  const errors: InputError[] = [];
  const refuse: Refuse = (propertyPath, reason) => errors.push({ propertyPath, reason });
  objectsOf<ProcessorArgs>(args.processors).forEach(([processor, index], _, all) => {
    const path = `processors[${index}]`;
    checkName(processor.name, all, "processors", (reason) => refuse(`${path}.name`, reason), index);
    checkProcessor(processor, (input, reason) => refuse(`${path}.${input}`, reason));
    if (processor.payloads === PayloadForm.File && processor.payloadSchema !== undefined)
      refuse(`${path}.payloadSchema`, 'Expected none with payloads: "file": such payloads need not be JSON');
    errors.push(...roomErrors(processor, args.image, path));
  });
  errors.push(...clashErrors(args));
  checkMachineImage(args, refuse);
  checkNetwork(args, refuse);
  checkPrivateImages(args, refuse);
  checkPayloads(args, refuse);
  checkAuthorization(args, refuse);
  checkAlarms(args, refuse);
  checkDashboard(args, refuse);
  for (const half of ["frontend", "router"] as const) checkConcurrency(args, half, refuse);
  return errors;
}

/** Metrics of a widget, at most ("CloudWatch service quotas"). */
const maxWidgetMetrics = 500;

function checkDashboard({ dashboard, metrics, processors }: BatchJobProcessorArgs, refuse: Refuse): void {
  if (dashboard !== true) return;
  if (metrics === Metrics.Off) refuse("dashboard", 'Expected only with metrics, got "off" of metrics');
  const types = objectsOf<ProcessorArgs>(processors);
  const groups = types.length + types.filter(([{ spot }]) => spot === true).length;
  // Failed and retried jobs; dead letters and three queues; instances.
  const most = Math.max(metrics === Metrics.Component ? 0 : 2 * types.length, types.length + 3, groups);
  if (most <= maxWidgetMetrics) return;
  refuse("dashboard", `Expected at most ${maxWidgetMetrics} metrics in a widget, got ${most} of ${types.length} types`);
}

function checkPayloads({ tracking, keepPayloads }: BatchJobProcessorArgs, refuse: Refuse): void {
  if (tracking !== false || keepPayloads === undefined) return;
  refuse("keepPayloads", `Expected only with tracking, got ${describe(keepPayloads)}`);
}

/** The objects of a list, right or wrong, with their places in it. */
function objectsOf<Item>(list: unknown): [item: Item, index: number][] {
  const items = Array.isArray(list) ? list.map((item, index): [Item, number] => [item as Item, index]) : [];
  return items.filter(([item]) => isObject(item));
}

/** Refuses a name that an item before this one has. */
function checkName(
  name: unknown,
  all: [item: { name: unknown }, index: number][],
  list: string,
  refuse: (reason: string) => void,
  own: number,
): void {
  const twin = all.find(([item, index]) => index < own && item.name === name)?.[1];
  if (name === undefined || twin === undefined) return;
  refuse(`Expected a unique name, got ${describe(name)}, which ${list}[${twin}] has`);
}

function checkProcessor(processor: ProcessorArgs, refuse: Refuse): void {
  checkHandler(processor, refuse);
  const { spot, onDemandBaseCapacity, minInstances, maxInstances } = withDefaults(processor);
  const checkCount = (input: string, count: unknown) => {
    if (typeof count !== "number" || count <= maxInstances) return;
    refuse(input, `Expected at most maxInstances (${maxInstances}), got ${count}`);
  };
  checkCount("minInstances", minInstances);
  if (!spot && processor.onDemandBaseCapacity !== undefined) {
    refuse("onDemandBaseCapacity", "Expected only with spot: true");
  } else checkCount("onDemandBaseCapacity", onDemandBaseCapacity);
  const schemaReason = isObject(processor.payloadSchema) ? schemaProblem(processor.payloadSchema) : undefined;
  if (schemaReason !== undefined) refuse("payloadSchema", schemaReason);
  objectsOf<JobSchedule>(processor.schedules).forEach(([{ name, payload = null, labels = {} }, index], _, all) => {
    const path = `schedules[${index}]`;
    checkName(name, all, "schedules", (reason) => refuse(`${path}.name`, reason), index);
    const bytes = bytesOf(JSON.stringify(JSON.stringify([payload, labels])));
    if (bytes <= maxSchedulePayloadBytes) return;
    const most = `at most ${maxSchedulePayloadBytes} bytes of JSON with all quotes escaped`;
    refuse(`${path}.payload`, `Expected ${most}, got ${bytes}`);
  });
  objectsOf<CapacityChange>(processor.capacitySchedule).forEach(([change, index], _, all) => {
    const path = `capacitySchedule[${index}]`;
    checkCount(`${path}.minInstances`, change.minInstances);
    const isTwin = ([{ recurrence, timeZone }]: [CapacityChange, number]) =>
      recurrence === change.recurrence && timeZone === change.timeZone;
    const [, twin] = all.find(isTwin)!;
    if (twin === index) return;
    refuse(`${path}.recurrence`, `Expected a time of its own, got that of capacitySchedule[${twin}]`);
  });
  checkInstanceTypes(processor, refuse);
}

/** Room in a schedule, less the envelope. */
const maxSchedulePayloadBytes = limits.maxScheduleInputBytes - 2_000;

/** The kinds of handler, of which a processor has exactly one. */
const kinds = ["handler", "command", "handle"] as const;

function checkHandler({ handler, command, handle }: ProcessorArgs, refuse: Refuse): void {
  const defined = definitionOf(handle) ?? definitionOf(handler);
  if (defined) {
    const [file, line] = placeOf(defined.place.stack) ?? [];
    const got = `got that of ${file && relative("", file)}:${line} in the program`;
    const expected = 'defineJob as the default export of a file, with its path as handler: "./jobs/invoice.ts"';
    return refuse(definitionOf(handle) ? "handle" : "handler", `Expected ${expected}, ${got}: put it in a file`);
  }
  const all = { handler, command, handle };
  const given = kinds.filter((kind) => all[kind] !== undefined);
  if (given.length !== 1) {
    const got = given.length === 0 ? "none of them" : given.join(" and ");
    return refuse(given[1] ?? "handler", `Expected exactly one of handler, command and handle, got ${got}`);
  }
  if (typeof handle !== "function" || !usesThis(handle)) return;
  refuse("handle", "Expected a handler that doesn't use `this`, which a worker doesn't have: use variables instead");
}

function checkInstanceTypes(processor: ProcessorArgs, refuse: Refuse): void {
  const types: unknown[] = Array.isArray(processor.instanceTypes) ? processor.instanceTypes : [];
  const { architecture, spot } = withDefaults(processor);
  const isMixed = spot && types.some((type) => typeof type === "string" && isBurstable(type));
  types.forEach((type, index) => {
    if (typeof type !== "string") return;
    const got = `got ${describe(type)}`;
    if (isMixed && !isBurstable(type)) {
      const reason = `Expected t types alone with spot, whose credits are set for all of them, ${got}`;
      refuse(`instanceTypes[${index}]`, reason);
    } else if (architectureOf(type) !== architecture) {
      const reason = `Expected a type of ${architecture}, as the first one is, ${got}, which is of ${architectureOf(type)}`;
      refuse(`instanceTypes[${index}]`, reason);
    }
  });
}

/** One id can't serve instances of two architectures, nor those with and without GPUs. */
function checkMachineImage({ machineImage, processors }: BatchJobProcessorArgs, refuse: Refuse): void {
  if (typeof machineImage !== "string" || recommendedPattern.test(machineImage)) return;
  const served = objectsOf<ProcessorArgs>(processors).filter(([processor]) => processor.machineImage === undefined);
  const settings = served.map(([processor]) => withDefaults(processor));
  if (new Set(settings.map(({ architecture, gpu }) => `${architecture} ${gpu}`)).size < 2) return;
  const reason = "since they differ in architecture or gpu, got one id for all";
  refuse("machineImage", `Expected the processors' own machineImage, ${reason}`);
}

function checkNetwork(args: BatchJobProcessorArgs, refuse: Refuse): void {
  const network: NetworkArgs = isObject(args.network) ? args.network : {};
  const { vpcId, subnetIds, securityGroupIds, privateWorkers, egress, flowLogs } = network;
  const isGiven = vpcId !== undefined;
  const rules: [input: keyof NetworkArgs, isWrong: boolean, reason: string][] = [
    ["vpcId", !isGiven && subnetIds !== undefined, "Expected the VPC of subnetIds, got nothing"],
    ["subnetIds", isGiven && subnetIds === undefined, "Expected subnets of vpcId, got nothing"],
    [
      "privateWorkers",
      isGiven && privateWorkers === true,
      "Expected only without vpcId: given subnets have their own way to AWS",
    ],
    [
      "securityGroupIds",
      !isGiven && securityGroupIds !== undefined,
      "Expected only with vpcId: security groups are of one VPC",
    ],
    ["flowLogs", isGiven && flowLogs === true, "Expected only without vpcId: a given VPC's flow logs are its owner's"],
    [
      "egress",
      !isGiven && privateWorkers !== true && egress === Egress.Aws,
      "Expected only with privateWorkers or vpcId: from a public subnet AWS is reached over the internet",
    ],
  ];
  for (const [input, isWrong, reason] of rules) if (isWrong) refuse(`network.${input}`, reason);
}

/** Private workers reach AWS by endpoints alone, so their image must be in ECR. */
function checkPrivateImages(args: BatchJobProcessorArgs, refuse: Refuse): void {
  if (!isObject(args.network) || args.network.privateWorkers !== true) return;
  const check = (image: unknown, path: string) => {
    const reason = typeof image === "string" && image !== "" ? privateImageProblem(image) : undefined;
    if (reason !== undefined) refuse(path, reason);
  };
  check(args.image, "image");
  for (const [{ image }, index] of objectsOf<ProcessorArgs>(args.processors))
    check(image, `processors[${index}].image`);
}

function checkAuthorization({ authorization, jwt }: BatchJobProcessorArgs, refuse: Refuse): void {
  if (authorization !== undefined && jwt !== undefined) {
    refuse("authorization", `Expected only without jwt, got ${describe(authorization)} with it`);
  }
  if (isObject(jwt) && jwt.operators !== undefined && isObject(jwt.scopes) && jwt.scopes.operate !== undefined) {
    refuse("jwt.operators", "Expected only without jwt.scopes.operate, got both");
  }
}

function checkAlarms({ alarms, budget }: BatchJobProcessorArgs, refuse: Refuse): void {
  if (budget !== undefined && alarms === undefined)
    refuse(
      "budget",
      'Expected only with alarms, which say who is told, such as { email: "ops@example.com" }, got none',
    );
  if (!isObject(alarms) || alarms.topicArn !== undefined || alarms.email !== undefined) return;
  refuse("alarms", "Expected topicArn or email, got neither");
}

function checkConcurrency(args: BatchJobProcessorArgs, half: "frontend" | "router", refuse: Refuse): void {
  const given: LambdaArgs = isObject(args[half]) ? args[half] : {};
  const { reservedConcurrency: reserved, provisionedConcurrency: provisioned } = given;
  if (reserved === undefined || provisioned === undefined || provisioned <= reserved) return;
  refuse(`${half}.provisionedConcurrency`, `Expected at most reservedConcurrency (${reserved}), got ${provisioned}`);
}
