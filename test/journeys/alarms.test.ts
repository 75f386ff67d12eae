import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { fleetItem } from "../../contract/fleet/state";
import type { LocalAlarm } from "../../contract/http/localControls";
import { until } from "../local-cloud/support";
import { groupOf, setItem } from "./support/fleet";
import { createHandlers, type Handlers, type Journey, startJourney } from "./support/stack";

/** Each alarm is made to fire and to clear by a fault, in the whole system, with a second in place of each minute. */
describe("the alarms", () => {
  let handlers: Handlers;
  let journey: Journey;

  before(async () => {
    handlers = createHandlers({ quick: `if (job.payload.fails) throw new Error("asked to"); return {};` });
    const one = { handler: "quick", maxAttempts: 1, maxInstances: 1, idleSeconds: 1, drainSeconds: 1 };
    const processors = ["quick", "deserted", "refused"].map((name) => ({ name, ...one }));
    const args = () => {
      const queue = new aws.sqs.Queue("told", { name: "told", policy: openPolicy });
      const topic = new aws.sns.Topic("pager");
      new aws.sns.TopicSubscription("told", {
        ...{ topic: topic.arn, protocol: "sqs", endpoint: queue.arn, rawMessageDelivery: true },
      });
      return { dashboard: true, alarms: { topicArn: topic.arn, email: "ops@example.com" } };
    };
    journey = await startJourney(processors, handlers, args, { scheduleSeconds: 1 });
  });

  after(async () => {
    await journey?.stop();
    handlers?.remove();
  });

  const alarms = async () => (await journey.call("GET", "/_local/alarms")).body.alarms as LocalAlarm[];
  const stateOf = async (what: string) => {
    const found = (await alarms()).find(({ name }) => name.startsWith(`jobs-alarms-${what}-`));
    if (!found) throw new Error(`There is no alarm ${what}`);
    return found.state;
  };
  const becomes = (what: string, state: LocalAlarm["state"]) =>
    until(
      async () => (await stateOf(what)) === state,
      () => `${what} ${state}`,
    );
  const said = (what: string) =>
    journey.logs
      .filter(({ name, line }) => name === "alarm" && line.startsWith(`jobs-alarms-${what}-`))
      .map(({ line }) => /(?<= is )[A-Z_]+/.exec(line)![0]);

  /** Fires by the fault and clears after it, and is said once each. */
  async function fires(what: string, fault: () => unknown, mend: () => unknown): Promise<void> {
    await becomes(what, "OK");
    const before = said(what).length;
    await fault();
    await becomes(what, "ALARM");
    await mend();
    await becomes(what, "OK");
    expect(said(what).slice(before)).to.deep.equal(["ALARM", "OK"]);
  }

  it("are all fine while nothing happens", async () => {
    await until(async () => (await alarms()).every(({ state }) => state !== "INSUFFICIENT_DATA"));
    expect((await alarms()).map(({ state }) => state)).to.deep.equal(Array.from({ length: 8 }, () => "OK"));
    expect(journey.logs.filter(({ name }) => name === "alarm")).to.deep.equal([]);
  });

  it("on dead letters fires as a job fails for good, clears though its dead letter stays, and reaches the topic", async () => {
    const fail = async () => journey.reaches(await journey.submit("quick", { fails: true }), "failed");
    await fires("dead-letters", fail, () => undefined);
    const states = () => {
      const { ready } = journey.cloud.messaging.queue("told")!.inspectMessages();
      const told = ready.map(({ body }) => JSON.parse(body) as { AlarmName: string; NewStateValue: string });
      return told.filter(({ AlarmName }) => AlarmName.includes("dead-letters")).map((each) => each.NewStateValue);
    };
    // A topic is told after the alarm's state has changed.
    await until(() => states().length >= 3);
    expect(states()).to.deep.equal(["OK", "ALARM", "OK"]);
  });

  it("on stalled types fires while jobs wait and no worker starts", async () => {
    const group = groupOf(journey, "deserted");
    const { suspendedProcesses } = group.settings;
    suspendedProcesses.push("Launch");
    let id: string;
    const wait = async () => {
      id = await journey.submit("deserted", {});
      // As if ten minutes had gone by.
      await until(async () => {
        await setItem(journey, "deserted", fleetItem, { stalledSince: Date.now() - 601_000 });
        return (await stateOf("stalled")) === "ALARM";
      });
    };
    await fires("stalled", wait, async () => {
      suspendedProcesses.splice(suspendedProcesses.indexOf("Launch"));
      group.adjust();
      await journey.reaches(id, "succeeded");
    });
  });

  it("on workers fires while launches are refused", async () => {
    const group = groupOf(journey, "refused").name;
    let id: string;
    const refuse = async () => {
      await journey.call("POST", "/_local/faults", { kind: "vcpu-quota", group });
      id = await journey.submit("refused", {});
    };
    await fires("no-workers", refuse, async () => {
      await journey.call("DELETE", "/_local/faults");
      await journey.call("POST", "/types/refused/retry-launches", {});
      await journey.reaches(id, "succeeded");
    });
  });

  it("on stray jobs fires for a job of an unknown type", async () => {
    const { unroutableQueueUrl, topicArn } = journey.outputs;
    const Message = JSON.stringify({ version: 1, id: "stray", type: "unknown", submittedAt: new Date(), payload: {} });
    const publish = () => journey.cloud.calls.sns("Publish", { TopicArn: topicArn, Message });
    await fires("stray", publish, () => journey.cloud.calls.sqs("PurgeQueue", { QueueUrl: unroutableQueueUrl }));
  });

  it("on the API fires as it answers 503", async () => {
    const isFrontend = ({ caller = "" }) => caller.includes("-frontend-");
    const heal = journey.cloud.faults.add({ service: "sns", action: "PublishBatch", status: 500, when: isFrontend });
    const fail = () =>
      Promise.all(
        Array.from({ length: 5 }, async () => {
          const { status } = await journey.call("POST", "/jobs", { type: "quick", payload: {} });
          expect(status).to.equal(503);
        }),
      );
    await fires("api", fail, heal);
  });

  for (const [name, part] of Object.entries({ scaler: "scaler", repair: "repair", sums: "operator" })) {
    it(`on ${name} fires as all its runs fail`, async () => {
      const isIts = ({ caller = "" }) => caller.includes(`-${part}-`);
      let heal = () => undefined as void;
      const fail = () => {
        heal = journey.cloud.faults.add({ service: "dynamodb", action: "Scan", status: 400, when: isIts });
      };
      await fires(name, fail, () => heal());
    });
  }

  for (const [name, part] of Object.entries({ scaler: "scaler", repair: "repair", sums: "operator" })) {
    it(`on ${name} fires as its schedule may no longer call it, though others do`, async () => {
      const { iam, lambdas } = journey.cloud;
      const { arn } = lambdas.list().find(({ spec }) => spec.name.includes(`-${part}-`))!.spec;
      const denial = {
        Version: "2012-10-17",
        Statement: { Effect: "Deny", Principal: "*", Action: "*", Resource: "*" },
      };
      const deny = async () => {
        iam.resourcePolicies.put(`${arn}:minute`, "denial", denial);
        await until(async () => {
          await lambdas.invoke(arn, "{}");
          return (await stateOf(name)) === "ALARM";
        });
      };
      await fires(name, deny, () => iam.resourcePolicies.delete(`${arn}:minute`, "denial"));
    });
  }

  it("on the functions of each minute have no data once they aren't called", async () => {
    journey.cloud.schedules.stop();
    for (const name of ["scaler", "repair", "sums"]) await becomes(name, "INSUFFICIENT_DATA");
  });
});

const openPolicy = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: "*" }],
});
