import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { accountId } from "../../../local-cloud/account";
import { until } from "../../local-cloud/support";
import { outageOf } from "../support/outageOf";
import { createHandlers, type Handlers, type Journey, startJourney } from "../support/stack";

describe("an outage of SNS", () => {
  let journey: Journey;
  let handlers: Handlers;

  before(async () => {
    handlers = createHandlers({ steady: `await released(job, context); return { ok: true };` });
    const processor = { name: "steady", handler: "steady", minInstances: 1, slots: 1 };
    journey = await startJourney([processor], handlers, { events: true }, { scheduleSeconds: 2 });
  });
  after(async () => {
    await journey.stop();
    handlers.remove();
  });

  it("holds up no job: its end is kept, its message goes, and the event comes once SNS is back", async () => {
    const { cloud, outputs, sqs } = journey;
    const arn = `arn:aws:sqs:${cloud.region}:${accountId}:ends`;
    const statement = { Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: arn };
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    await cloud.calls.sqs("CreateQueue", { QueueName: "ends", Attributes: { Policy } });
    const Attributes = { RawMessageDelivery: "true" };
    await cloud.calls.sns("Subscribe", {
      TopicArn: outputs.eventsTopicArn!,
      Protocol: "sqs",
      Endpoint: arn,
      Attributes,
    });
    const id = await journey.submit("steady", 1);
    await journey.reaches(id, "running");
    const end = cloud.faults.add(outageOf("sns", "refuse"));
    handlers.release(id);
    await journey.reaches(id, "succeeded");
    const isKept = ({ line }: { line: string }) => line.includes("event-kept") && line.includes(id);
    await until(() => journey.logs.some(isKept));
    end();
    const QueueUrl = outputs.queueUrls.steady;
    await until(
      async () => {
        const { Attributes: counts } = await sqs.send(
          new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }),
        );
        return counts?.ApproximateNumberOfMessages === "0" && counts.ApproximateNumberOfMessagesNotVisible === "0";
      },
      () => "the job's message to be gone",
    );
    const ends = { QueueUrl: `${cloud.endpoint}/${accountId}/ends`, MaxNumberOfMessages: 10 };
    const told: string[] = [];
    await until(
      async () => {
        const { Messages = [] } = await cloud.calls.sqs<{ Messages?: { Body: string }[] }>("ReceiveMessage", ends);
        told.push(...Messages.map(({ Body }) => (JSON.parse(Body) as { id: string }).id));
        return told.includes(id);
      },
      () => `the event of ${id}`,
    );
  });
});
