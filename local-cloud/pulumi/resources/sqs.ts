import type { LocalCloud } from "../../cloud";
import { type Properties, text } from "../../properties";
import type { StoredQueue } from "../../stores/fauxqs";
import { checkQueueAttributes } from "../../stores/requests/queueAttributes";
import { arnOf, jsonText, physicalName, type ResourceHandler, type ResourceHandlers } from "../resource";

/** Attributes of CreateQueue by input. */
export const attributeNames: Record<string, string> = {
  visibilityTimeoutSeconds: "VisibilityTimeout",
  messageRetentionSeconds: "MessageRetentionPeriod",
  maxMessageSize: "MaximumMessageSize",
  delaySeconds: "DelaySeconds",
  receiveWaitTimeSeconds: "ReceiveMessageWaitTimeSeconds",
  redrivePolicy: "RedrivePolicy",
  policy: "Policy",
  fifoQueue: "FifoQueue",
  contentBasedDeduplication: "ContentBasedDeduplication",
  deduplicationScope: "DeduplicationScope",
  fifoThroughputLimit: "FifoThroughputLimit",
  kmsMasterKeyId: "KmsMasterKeyId",
  kmsDataKeyReusePeriodSeconds: "KmsDataKeyReusePeriodSeconds",
};

/** The provider's own defaults, which differ from SQS's. */
export const providerDefaults: Properties = {
  visibilityTimeoutSeconds: 30,
  messageRetentionSeconds: 345_600,
  maxMessageSize: 262_144,
  delaySeconds: 0,
  receiveWaitTimeSeconds: 0,
};

const queue: ResourceHandler = {
  async create(inputs, context) {
    const { cloud } = context;
    const name = physicalName(inputs, context, "name", inputs.fifoQueue ? ".fifo" : "");
    const settings: Properties = { ...providerDefaults, ...inputs };
    await cloud.calls.sqs("CreateQueue", {
      QueueName: name,
      Attributes: attributesOf(settings),
      tags: inputs.tags ?? {},
    });
    const { url, arn } = storedQueue(cloud, name);
    return { id: url, state: { ...settings, name, arn, url } };
  },
  async update(id, { name, arn, url }, inputs, { cloud }) {
    const settings: Properties = { ...providerDefaults, ...inputs };
    await cloud.calls.sqs("SetQueueAttributes", { QueueUrl: id, Attributes: attributesOf(settings) });
    return { ...settings, name, arn, url };
  },
  delete: (id, _state, { cloud }) => cloud.calls.sqs("DeleteQueue", { QueueUrl: id }),
};

/** A resource of its own that sets one attribute of a queue. */
function queueAttribute(input: string, attribute: string): ResourceHandler {
  return {
    create(inputs, { cloud }) {
      const url = text(inputs, "queueUrl");
      const queue = storedQueue(cloud, url);
      if (attribute === "Policy") cloud.iam.resourcePolicies.check(queue.arn, jsonText(inputs[input]));
      const attributes = { [attribute]: jsonText(inputs[input]) };
      checkQueueAttributes(attributes, (arn) => cloud.messaging.queue(arn) !== undefined);
      queue.setAttributes(attributes);
      return { id: url, state: inputs };
    },
  };
}

export const sqs: ResourceHandlers = {
  "aws:sqs/queue:Queue": queue,
  "aws:sqs/queuePolicy:QueuePolicy": queueAttribute("policy", "Policy"),
  "aws:sqs/redrivePolicy:RedrivePolicy": queueAttribute("redrivePolicy", "RedrivePolicy"),
  "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": queueAttribute("redriveAllowPolicy", "RedriveAllowPolicy"),
};

function attributesOf(inputs: Properties): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributeNames)
      .filter(([input]) => inputs[input] !== undefined && inputs[input] !== "")
      .map(([input, attribute]) => [attribute, jsonText(inputs[input])]),
  );
}

function storedQueue(cloud: LocalCloud, nameOrUrl: string): StoredQueue {
  const stored = cloud.messaging.queue(nameOrUrl) ?? cloud.messaging.queue(arnOf(cloud, "sqs", nameOrUrl));
  if (!stored) throw new Error(`There is no queue ${nameOrUrl}`);
  return stored;
}
