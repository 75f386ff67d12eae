import { expect } from "chai";
import { finish, publish, putData, reach, sendBack, submit, submitAndFinish, takeUnroutable } from "./jobs";
import { checksum, each, lines, resourcesOf, stackConfig, wordCount } from "./programs";
import { type Engine, startEngine } from "./support";

type Urls = Record<string, string>;

describe("the engine, when a type is removed while its jobs wait", () => {
  let engine: Engine;
  let kept: Awaited<ReturnType<typeof takeUnroutable>>;
  before(async () => {
    engine = await startEngine();
    await engine.configure("dev", stackConfig([wordCount, checksum]));
    await engine.succeed("dev", "up");
  });
  after(() => engine.stop());

  it("keeps the jobs, with the reason, and touches no other type", async () => {
    const { groups } = await engine.outputs("dev");
    engine.cloud.groups.faults.add({ kind: "invalid-image", group: (groups as Urls).checksum });
    const ids = await Promise.all(
      [1, 2, 3].map((number) => submit(engine, "dev", "checksum", { text: String(number) })),
    );
    await engine.configure("dev", stackConfig([wordCount]));
    const removed = await engine.succeed("dev", "up");
    expect(lines(removed.steps)).to.deep.equal(each("delete", resourcesOf("jobs", "checksum")));
    kept = await takeUnroutable(engine, "dev");
    expect(kept.map(({ id }) => id)).to.have.members(ids);
    expect(new Set(kept.map(({ reason }) => reason))).to.deep.equal(
      new Set(["The processor of jobs of type checksum was removed"]),
    );
    expect((await submitAndFinish(engine, "dev", "word-count", { text: "one" })).result).to.include({ words: 1 });
  });

  it("runs them once the type is back and they are published again", async () => {
    await engine.configure("dev", stackConfig([wordCount, checksum]));
    await engine.succeed("dev", "up");
    const [job] = kept;
    await publish(engine, "dev", job!.body);
    // The scaler may still be busy with the group that is gone: its next run of a minute sees the new one.
    expect((await finish(engine, "dev", job!.id)).state).to.equal("succeeded");
  });

  it("runs a dead letter again once the type is back and it is sent to the type's queue", async () => {
    const { dataBucket } = await engine.outputs("dev");
    const id = await submit(engine, "dev", "checksum", { input: `s3://${String(dataBucket)}/late.txt` });
    await reach(engine, "dev", id, "failed");
    await engine.configure("dev", stackConfig([wordCount]));
    await engine.succeed("dev", "up");
    const letter = (await takeUnroutable(engine, "dev")).find((message) => message.id === id);
    expect(letter?.reason).to.match(/There is no object/);
    await putData(engine, "dev", "late.txt", "late");
    await engine.configure("dev", stackConfig([wordCount, checksum]));
    await engine.succeed("dev", "up");
    await sendBack(engine, "dev", "checksum", letter!);
    // Nobody tells the scaler of it: its next run of a minute sees it.
    expect((await finish(engine, "dev", id)).result).to.include({ bytes: 4 });
  });

  it("keeps the queue while a dead letter is hidden, and continues at the next try", async () => {
    const { calls, messaging } = engine.cloud;
    // The function leaves 25 s for what it is at, and so waits for 3.
    engine.edit("components/args/defaults.ts", "timeoutSeconds: 300", "timeoutSeconds: 28");
    await engine.succeed("dev", "up");
    const { deadLetterQueueUrls } = await engine.outputs("dev");
    const { checksum: QueueUrl } = deadLetterQueueUrls as Urls;
    const body = JSON.stringify({ version: 1, id: "late", type: "checksum", payload: {} });
    await calls.sqs("SendMessage", { QueueUrl, MessageBody: body });
    const hide = { QueueUrl, VisibilityTimeout: 3_600 };
    const { Messages } = await calls.sqs<{ Messages: { ReceiptHandle: string }[] }>("ReceiveMessage", hide);
    await engine.configure("dev", stackConfig([wordCount]));
    const stopped = await engine.run("dev", "up");
    expect(stopped.code).not.to.equal(0);
    expect(stopped.text).to.match(/queues of the removed type checksum to become empty, got 1 messages/);
    expect(messaging.queue(QueueUrl!)).not.to.be.undefined;
    const { ReceiptHandle } = Messages[0]!;
    await calls.sqs("ChangeMessageVisibility", { QueueUrl, ReceiptHandle, VisibilityTimeout: 0 });
    await engine.succeed("dev", "up");
    expect(messaging.queue(QueueUrl!)).to.be.undefined;
    expect((await takeUnroutable(engine, "dev")).map(({ id }) => id)).to.include("late");
  });
});
