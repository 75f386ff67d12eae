import { CreateQueueCommand, DeleteQueueCommand, GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { until } from "../../local-cloud/support";
import { groupOf, runScaler, scalerSaid } from "../support/fleet";
import { createHandlers, type Handlers, type Journey, startJourney } from "../support/stack";

/** A failure of the scaler is logged with the cause, keeps no job from its queue, and a later run makes up for it. */
describe("the scaler's errors", () => {
  let handlers: Handlers;
  let journey: Journey;

  before(async () => {
    handlers = createHandlers({ short: `note("start " + job.id);` });
    const fleet = { handler: "short", slots: 1, maxInstances: 1, idleSeconds: 0 };
    const names = ["throttled", "groupless", "queueless", "sound-one", "sound-two", "sound-three"];
    journey = await startJourney(
      names.map((name) => ({ ...fleet, name })),
      handlers,
      {},
      { scheduleSeconds: 3_600, stopGraceSeconds: 1 },
    );
  });

  after(async () => {
    await journey?.stop();
    handlers?.remove();
  });

  const said = (type: string, cause: RegExp) => {
    const lines = scalerSaid(journey, "types-not-scaled");
    return lines.some((line) => line.includes(`"jobTypes":["${type}"]`) && cause.test(line));
  };

  async function expectDoneOnce(id: string): Promise<void> {
    await journey.reaches(id, "succeeded");
    expect(handlers.startsOf(id)).to.equal(1);
  }

  it("mends what throttled Auto Scaling left undone", async () => {
    const { name, ...group } = groupOf(journey, "throttled");
    expect(group.desiredCapacity).to.equal(0);
    const removeFault = journey.cloud.faults.add({
      service: "autoscaling",
      action: "SetDesiredCapacity",
      when: ({ body }) => body.includes(`=${name}&`) || body.endsWith(`=${name}`),
      status: 400,
      code: "Throttling",
    });
    const id = await journey.submit("throttled", {});
    await until(() => said("throttled", /Throttling/));
    await expectDoneOnce(await journey.submit("sound-one", {}));
    expect(await runScaler(journey)).to.equal(false);
    expect(handlers.startsOf(id)).to.equal(0);
    removeFault();
    expect(await runScaler(journey)).to.equal(true);
    await expectDoneOnce(id);
  });

  it("names a group that is gone, and continues once it is back", async () => {
    const { name, arn, settings } = groupOf(journey, "groupless");
    await journey.cloud.groups.delete(name);
    const id = await journey.submit("groupless", {});
    await until(() => said("groupless", new RegExp(`Expected the Auto Scaling group ${name}, found none`)));
    await expectDoneOnce(await journey.submit("sound-two", {}));
    journey.cloud.groups.create({ name, arn }, settings, 0);
    expect(await runScaler(journey)).to.equal(true);
    await expectDoneOnce(id);
  });

  it("names a queue that is gone, and continues once it is back", async () => {
    const QueueUrl = journey.outputs.queueUrls.queueless!;
    const { Attributes = {} } = await journey.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["VisibilityTimeout", "RedrivePolicy", "Policy"] }),
    );
    await journey.sqs.send(new DeleteQueueCommand({ QueueUrl }));
    const id = await journey.submit("queueless", {});
    expect(await runScaler(journey)).to.equal(false);
    // The scaler may ask by the queue's own policy, which is gone with it.
    await until(() => said("queueless", /AccessDenied/));
    await expectDoneOnce(await journey.submit("sound-three", {}));
    const QueueName = QueueUrl.slice(QueueUrl.lastIndexOf("/") + 1);
    await journey.sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
    // The router kept the job meanwhile, and the repair run hands it over.
    const repair = journey.cloud.lambdas.list().find(({ spec }) => spec.name.includes("-repair-"))!;
    await until(async () => {
      await repair.invoke("{}");
      return journey.logs.some(({ line }) => line.includes(`"repair-finished"`) && line.includes(`"unsent":1`));
    });
    expect(await runScaler(journey)).to.equal(true);
    await expectDoneOnce(id);
  });
});
