import type { Iam } from "../iam/iam";
import type { Log } from "../log";
import type { Messaging } from "../stores/messaging";
import type { AwsCalls } from "../wire/awsCalls";
import { Alarms } from "./alarms";

/** The alarms of a cloud: on its queues, told to its topics, and said in its log. */
export function createAlarms(cloud: {
  messaging: Messaging;
  iam: Iam;
  calls: () => AwsCalls;
  log: Log;
  secondsInstead: number | undefined;
}): Alarms {
  const { messaging, iam, log } = cloud;
  const say = (line: string) => log({ source: "cloud", name: "alarm", stream: "stderr", line });
  return new Alarms({
    now: Date.now,
    secondsInstead: cloud.secondsInstead,
    sample(add) {
      for (const queue of messaging.queues()) {
        queue.processTimers();
        const dimensions = { QueueName: queue.name };
        const metric = { namespace: "AWS/SQS", metricName: "ApproximateNumberOfMessagesVisible", dimensions };
        add(metric, Date.now(), queue.inspectMessages().ready.length);
      }
    },
    onChange({ name, arn, description, actions }, state, before) {
      if (state === "ALARM" || before === "ALARM")
        say(`${name} is ${state}${state === "ALARM" ? `: ${description}` : ""}`);
      for (const topic of actions[state]) {
        const publish = { action: "sns:Publish", resource: topic };
        // SNS's own policy of a topic without one lets the account's alarms publish.
        const isAllowed =
          messaging.topicPolicy(topic) === undefined || iam.serviceMay("cloudwatch.amazonaws.com", publish, arn);
        if (!isAllowed) say(`${name} may not publish to ${topic}`);
        else
          void cloud
            .calls()
            .sns("Publish", messageOf(topic, name, state, description))
            .catch((error: Error) => say(error.message));
      }
    },
  });
}

/** Subject and body begin as CloudWatch's do. */
function messageOf(TopicArn: string, AlarmName: string, NewStateValue: string, AlarmDescription: string) {
  const Message = JSON.stringify({ AlarmName, AlarmDescription, NewStateValue });
  return { TopicArn, Subject: `${NewStateValue}: "${AlarmName}"`.slice(0, 100), Message };
}
