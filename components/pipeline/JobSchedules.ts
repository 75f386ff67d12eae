import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { publishTarget, recurringInput, schedulePrefix } from "../../contract/messages/scheduledMessage";
import { defaults } from "../args/defaults";
import { type JobSchedule } from "../args/ProcessorArgs";
import { type KmsKey, useKey } from "../aws/encryption";
import { fitName } from "../aws/fitName";
import { publishTo, sendTo } from "../aws/permissions";
import { createRole } from "../aws/roles";

export interface JobSchedulesArgs {
  topic: aws.sns.Topic;
  /** Queue of jobs that could not be published. */
  deadLetterQueue: aws.sqs.Queue;
  /** Id of the only account for which EventBridge Scheduler may act in the role. */
  account: pulumi.Input<string>;
  /** False keeps recurring schedules from submitting jobs. */
  schedulesEnabled?: boolean;
  kmsKey?: KmsKey;
  tags?: aws.Tags;
}

/** The schedules' resources: the group of all schedules, and their role. They cost nothing idle. */
export class JobSchedules extends pulumi.ComponentResource {
  readonly group: aws.scheduler.ScheduleGroup;
  readonly role: aws.iam.Role;
  readonly deadLetterArn: pulumi.Output<string>;
  private readonly policy: aws.iam.RolePolicy;

  constructor(
    private readonly name: string,
    private readonly args: JobSchedulesArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("batch-job-processor:index:JobSchedules", name, {}, opts);
    const { topic, deadLetterQueue, account: sourceAccount, kmsKey, tags } = args;
    const child = { parent: this };
    this.group = new aws.scheduler.ScheduleGroup(`${name}-group`, { ...fitName(`${name}-group`, 64), tags }, child);
    const acts = [publishTo(topic.arn), sendTo("SendUnpublished", deadLetterQueue.arn)];
    const calls = acts.flatMap(({ Action }) => Action);
    const statements = [...acts, ...useKey(kmsKey, calls)];
    const { role, policy } = createRole(
      name,
      { service: "scheduler.amazonaws.com", sourceAccount, statements, tags },
      child,
    );
    this.role = role;
    this.policy = policy;
    this.deadLetterArn = deadLetterQueue.arn;
    this.registerOutputs();
  }

  /** ARN pattern of the schedules in the group whose names begin so: those of single jobs, without recurring ones. */
  arnsOf(prefix = schedulePrefix): pulumi.Output<string> {
    return this.group.arn.apply((arn) => `${(arn ?? "").replace(":schedule-group/", ":schedule/")}/${prefix}*`);
  }

  /** A schedule that submits jobs of the type; it is created after the type's entry. */
  repeat(type: string, schedule: JobSchedule, entry: pulumi.Resource): aws.scheduler.Schedule {
    const { name, expression, timeZone, payload = null, labels } = schedule;
    const logicalName = `${this.name}-${type}-${name}`;
    const { topic, schedulesEnabled = defaults.schedulesEnabled } = this.args;
    return new aws.scheduler.Schedule(
      logicalName,
      {
        ...fitName(logicalName, 64),
        groupName: this.group.name,
        scheduleExpression: expression,
        scheduleExpressionTimezone: timeZone,
        state: schedulesEnabled ? undefined : "DISABLED",
        flexibleTimeWindow: { mode: "OFF" },
        target: {
          arn: topic.arn.apply((arn) => publishTarget(arn ?? "")),
          roleArn: this.role.arn,
          input: topic.arn.apply((arn) => recurringInput(arn, { type, name, payload, labels })),
          deadLetterConfig: { arn: this.deadLetterArn },
        },
      },
      { parent: this, dependsOn: [this.policy, entry] },
    );
  }
}
