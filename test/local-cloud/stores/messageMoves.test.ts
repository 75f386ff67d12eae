import {
  CancelMessageMoveTaskCommand,
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  StartMessageMoveTaskCommand,
} from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { receive, rejection, startTestCloud, type TestCloud, until } from "../support";

describe("message move tasks of local queues", () => {
  let test: TestCloud;
  before(async () => {
    test = await startTestCloud();
  });
  after(() => test.stop());

  async function create(QueueName: string, Attributes: Record<string, string> = {}) {
    const { QueueUrl = "" } = await test.sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
    const answer = await test.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
    return { url: QueueUrl, arn: answer.Attributes!.QueueArn! };
  }

  async function pair(name: string) {
    const dead = await create(`${name}-dead`);
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 1 });
    return { dead, work: await create(name, { RedrivePolicy, VisibilityTimeout: "0" }) };
  }

  const send = (QueueUrl: string, MessageBody: string) =>
    test.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  const tasks = async (SourceArn: string) =>
    (await test.sqs.send(new ListMessageMoveTasksCommand({ SourceArn, MaxResults: 10 }))).Results ?? [];

  it("bring what SQS moved itself back to where it came from", async () => {
    const { dead, work } = await pair("moved");
    await send(work.url, "a letter");
    await receive(test.sqs, work.url);
    await test.sqs.send(new ReceiveMessageCommand({ QueueUrl: work.url }));
    const { TaskHandle } = await test.sqs.send(new StartMessageMoveTaskCommand({ SourceArn: dead.arn }));
    expect(TaskHandle).to.be.a("string");
    await until(async () => (await tasks(dead.arn))[0]!.Status === "COMPLETED");
    const back = await receive(test.sqs, work.url);
    expect(back).to.deep.include({ Body: "a letter" });
    const [task] = await tasks(dead.arn);
    expect(task).to.include({ ApproximateNumberOfMessagesMoved: 1, ApproximateNumberOfMessagesToMove: 1 });
  });

  it("fail for what was sent there, unless a destination is named", async () => {
    const { dead, work } = await pair("sent");
    await send(dead.url, "by hand");
    await test.sqs.send(new StartMessageMoveTaskCommand({ SourceArn: dead.arn }));
    await until(async () => (await tasks(dead.arn))[0]!.Status === "FAILED");
    expect((await tasks(dead.arn))[0]!.FailureReason).to.equal("CouldNotDetermineMessageSource");
    await test.sqs.send(new StartMessageMoveTaskCommand({ SourceArn: dead.arn, DestinationArn: work.arn }));
    expect((await receive(test.sqs, work.url)).Body).to.equal("by hand");
  });

  it("go at the rate that was asked for, one at a time, until they are cancelled", async () => {
    const { dead, work } = await pair("slow");
    for (const body of ["1", "2", "3"]) await send(dead.url, body);
    const start = new StartMessageMoveTaskCommand({
      ...{ SourceArn: dead.arn, DestinationArn: work.arn, MaxNumberOfMessagesPerSecond: 1 },
    });
    const { TaskHandle } = await test.sqs.send(start);
    expect((await rejection(test.sqs.send(start))).message).to.include("There is already a task running");
    const { ApproximateNumberOfMessagesMoved: moved } = await test.sqs.send(
      new CancelMessageMoveTaskCommand({ TaskHandle }),
    );
    expect(moved).to.be.below(3);
    expect((await tasks(dead.arn))[0]!.Status).to.equal("CANCELLED");
    const again = await rejection(test.sqs.send(new CancelMessageMoveTaskCommand({ TaskHandle })));
    expect(again.name).to.equal("ResourceNotFoundException");
  });

  it("are refused for unknown queues, and for queues that are no dead-letter queues", async () => {
    const { work } = await pair("plain");
    const failing = (SourceArn: string, more = {}) =>
      rejection(test.sqs.send(new StartMessageMoveTaskCommand({ SourceArn, ...more })));
    expect((await failing(work.arn)).message).to.equal("Source queue must be configured as a Dead Letter Queue.");
    expect((await failing(`${work.arn}-none`)).name).to.equal("ResourceNotFoundException");
    expect((await failing("nonsense")).name).to.equal("InvalidParameterValue");
    const { dead } = await pair("rates");
    for (const MaxNumberOfMessagesPerSecond of [0, 501, 1.5]) {
      expect((await failing(dead.arn, { MaxNumberOfMessagesPerSecond })).name).to.equal("InvalidParameterValue");
    }
  });
});
