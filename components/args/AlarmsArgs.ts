import type * as pulumi from "@pulumi/pulumi";

/** Alarms, and who gets them: `topicArn`, `email` or both. */
export interface AlarmsArgs {
  /**
   * ARN of the SNS topic that alarms are sent to, of the component's region; its policy must let CloudWatch publish.
   * @default - none
   * @example "arn:aws:sns:eu-central-1:123456789012:pager"
   */
  topicArn?: pulumi.Input<string>;
  /**
   * Address that alarms are mailed to, once its owner has confirmed AWS's first mail.
   * @default - none
   * @example "ops@example.com"
   */
  email?: pulumi.Input<string>;
  /** Dead letters more than five minutes before, of all types, at which an alarm fires. @default 1 @example 10 */
  deadLetters?: number;
  /**
   * Seconds for which jobs of a type may wait while no worker is at a job of it; a fleet at zero needs one to two
   * minutes to start. @default 600
   * @example 1_800
   */
  stalledSeconds?: number;
}
