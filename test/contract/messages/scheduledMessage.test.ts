import { expect } from "chai";
import { decodeEnvelope, type JobEnvelope } from "../../../contract/messages/envelope";
import { publishInput, publishTarget, recurringInput } from "../../../contract/messages/scheduledMessage";

const topicArn = "arn:aws-cn:sns:cn-north-1:123456789012:jobs";

interface Input {
  TopicArn: string;
  Message: string;
  MessageAttributes: unknown;
}

describe("scheduledMessage", () => {
  it("publishes to a topic of the same partition, with the type to filter by", () => {
    const envelope: JobEnvelope = {
      version: 1,
      id: "a",
      type: "echo",
      payload: 1,
      submittedAt: "2026-11-02T10:00:00Z",
    };
    expect(publishTarget(topicArn)).to.equal("arn:aws-cn:scheduler:::aws-sdk:sns:publish");
    const { TopicArn, Message, MessageAttributes } = JSON.parse(publishInput(topicArn, envelope)) as Input;
    expect(TopicArn).to.equal(topicArn);
    expect(decodeEnvelope(Message)).to.deep.equal({ ok: true, value: envelope });
    expect(MessageAttributes).to.deep.equal({ type: { DataType: "String", StringValue: "echo" } });
  });

  it("keeps payload and labels as they are, even what looks like a keyword of schedules", () => {
    const payload = { "<aws.scheduler.execution-id>": '"<aws.scheduler.scheduled-time>" <b> \uffff' };
    const labels = { run: "<aws.scheduler.execution-id>" };
    const job = { type: "echo", name: "nightly", payload, labels };
    const submittedAt = "2026-11-02T10:00:00Z";
    const envelope: JobEnvelope = { version: 1, id: "a", type: "echo", payload, labels, submittedAt };
    for (const input of [publishInput(topicArn, envelope), recurringInput(topicArn, job)]) {
      const run = input
        .replace("nightly-<aws.scheduler.execution-id>", "nightly-d32c5kddcf5bb8c3")
        .replace(/(submittedAt[^<]*)<aws.scheduler.scheduled-time>/, "$12026-11-02T10:00:00Z");
      expect(run).not.to.include("<aws.scheduler");
      const decoded = decodeEnvelope((JSON.parse(run) as Input).Message);
      expect(decoded.ok && decoded.value).to.deep.include({ payload, labels });
      expect(decoded.ok && decoded.value.id).to.match(/^(a|nightly-d32c5kddcf5bb8c3)$/);
    }
  });
});
