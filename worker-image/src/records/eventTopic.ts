import { PublishBatchCommand, SNSClient } from "@aws-sdk/client-sns";
import { limits } from "../../../contract/limits";
import { type CompletionEvent, eventMessage } from "../../../contract/messages/completionEvent";
import { callTimeouts } from "../services/callTimeouts";
import { gateClient } from "../services/gatedClient";
import { type ServiceGate } from "../services/serviceGate";
import { Batcher, type EntryFailure, entryFailures } from "../support/batcher";
import { type Clock } from "../support/clock";

/** Time that an event waits to share a batch: SNS bills a batch as one request per 64 KB. */
const maxBatchWaitMilliseconds = 50;

/** The client of the topic, through its gate. */
export function createTopicClient(gate: ServiceGate): SNSClient {
  return gateClient(new SNSClient({ requestHandler: callTimeouts }), gate);
}

/** The topic of completion events in SNS. */
export class EventTopic {
  private readonly events: Batcher<CompletionEvent>;

  constructor(
    private readonly topicArn: string,
    clock: Clock,
    private readonly client: SNSClient,
  ) {
    this.events = new Batcher({
      send: (events) => this.publishBatch(events),
      clock,
      maxEntries: limits.maxBatchEntries,
      maxWaitMilliseconds: maxBatchWaitMilliseconds,
    });
  }

  publish(event: CompletionEvent): Promise<void> {
    return this.events.add(event);
  }

  /** Ten events are well below a batch's 256 KiB, since an error's text is cut. */
  private async publishBatch(events: CompletionEvent[]): Promise<EntryFailure[]> {
    const command = new PublishBatchCommand({
      TopicArn: this.topicArn,
      PublishBatchRequestEntries: events.map((event, index) => {
        const { body, attributes } = eventMessage(event);
        return { Id: String(index), Message: body, MessageAttributes: attributes };
      }),
    });
    return entryFailures(events.length, (await this.client.send(command)).Failed);
  }
}
