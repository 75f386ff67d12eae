import { optionalText, text } from "../../properties";
import { arnOf, jsonText, physicalName, type ResourceHandler, type ResourceHandlers } from "../resource";

const topic: ResourceHandler = {
  async create(inputs, context) {
    const name = physicalName(inputs, context, "name", inputs.fifoTopic ? ".fifo" : "");
    const attributes: Record<string, string> = {};
    if (inputs.fifoTopic) attributes.FifoTopic = "true";
    if (inputs.contentBasedDeduplication) attributes.ContentBasedDeduplication = "true";
    const displayName = optionalText(inputs, "displayName");
    if (displayName) attributes.DisplayName = displayName;
    await context.cloud.calls.sns("CreateTopic", { Name: name, Attributes: attributes });
    const arn = arnOf(context.cloud, "sns", name);
    return { id: arn, state: { ...inputs, name, arn } };
  },
  async update(id, { name, arn }, inputs, { cloud }) {
    const AttributeValue = optionalText(inputs, "displayName") ?? "";
    await cloud.calls.sns("SetTopicAttributes", { TopicArn: id, AttributeName: "DisplayName", AttributeValue });
    return { ...inputs, name, arn };
  },
  delete: (id, _state, { cloud }) => cloud.calls.sns("DeleteTopic", { TopicArn: id }),
};

const topicPolicy: ResourceHandler = {
  async create(inputs, { cloud }) {
    const arn = text(inputs, "arn");
    cloud.iam.resourcePolicies.check(arn, jsonText(inputs.policy));
    const input = { TopicArn: arn, AttributeName: "Policy", AttributeValue: jsonText(inputs.policy) };
    await cloud.calls.sns("SetTopicAttributes", input);
    return { id: arn, state: inputs };
  },
};

const protocols = ["sqs", "lambda"];

const topicSubscription: ResourceHandler = {
  async create(inputs, { cloud }) {
    const protocol = text(inputs, "protocol");
    if (!protocols.includes(protocol)) {
      throw new Error(`Expected \`protocol\` as one of ${protocols.join(", ")} in the local cloud, got ${protocol}`);
    }
    const [, , , region] = text(inputs, "endpoint").split(":");
    if (region !== cloud.region) {
      throw new Error(`Expected \`endpoint\` in the local cloud in its topic's region, ${cloud.region}, got ${region}`);
    }
    const attributes: Record<string, string> = {};
    if (inputs.redrivePolicy) attributes.RedrivePolicy = jsonText(inputs.redrivePolicy);
    if (inputs.rawMessageDelivery) attributes.RawMessageDelivery = "true";
    if (inputs.filterPolicy) attributes.FilterPolicy = jsonText(inputs.filterPolicy);
    const scope = optionalText(inputs, "filterPolicyScope");
    if (scope) attributes.FilterPolicyScope = scope;
    const answer = await cloud.calls.sns("Subscribe", {
      TopicArn: text(inputs, "topic"),
      Protocol: protocol,
      Endpoint: text(inputs, "endpoint"),
      Attributes: attributes,
    });
    const arn = /<SubscriptionArn>(.*?)<\/SubscriptionArn>/.exec(answer)![1]!;
    return { id: arn, state: { ...inputs, arn, pendingConfirmation: false } };
  },
  delete: (id, _state, { cloud }) => cloud.calls.sns("Unsubscribe", { SubscriptionArn: id }),
};

export const sns: ResourceHandlers = {
  "aws:sns/topic:Topic": topic,
  "aws:sns/topicPolicy:TopicPolicy": topicPolicy,
  "aws:sns/topicSubscription:TopicSubscription": topicSubscription,
};
