import { setTimeout as sleep } from "node:timers/promises";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { type FaultTarget } from "../../../local-cloud/wire/faults";
import { type OutageKind, outageOf } from "./outageOf";
import { createHandlers, type Handlers, type Journey, startJourney } from "./stack";

/** A call to the service that was away. */
interface Refused {
  at: number;
  caller: string;
}

/** Jobs and calls of one outage on the whole stack. */
export interface OutageJourney {
  service: string;
  kind: OutageKind;
  journey: Journey;
  handlers: Handlers;
}

/** The whole stack with two workers of two slots, at a visibility of 6 s. */
export async function startOutageJourney(service: string, kind: OutageKind): Promise<OutageJourney> {
  const handlers = createHandlers({
    steady: `note("start " + job.id); await sleep(job.payload.ms); note("end " + job.id); return { ok: true };`,
  });
  const settings = { slots: 2, minInstances: 2, backoffSeconds: 1 };
  const workerEnvironment = { WORKER_VISIBILITY_TIMEOUT_SECONDS: "6", WORKER_MAX_BACKOFF_SECONDS: "5" };
  const processors = [{ name: "steady", handler: "steady", ...settings }];
  const journey = await startJourney(processors, handlers, { events: true }, { workerEnvironment });
  return { service, kind, journey, handlers };
}

/**
 * Submits jobs before, and all through, an outage of so many seconds, and afterwards waits for all of them. Each ends
 * well, none was run again that had ended, none is a dead letter, and no worker asked more than six times in a minute.
 */
export async function liveThrough(world: OutageJourney, seconds: number): Promise<void> {
  const { service, kind, journey, handlers } = world;
  const ids: string[] = [];
  const submit = async (ms: number): Promise<void> => {
    const id = `${service}-${kind}-${ids.length}`;
    ids.push(id);
    await untilAccepted(journey, { type: "steady", id, payload: { ms } });
  };
  // Some end within the outage, and one of each worker outlasts it.
  for (const ms of [1, 500, 8_000, 15_000]) await submit(ms);
  await started(handlers, 1);
  const refused: Refused[] = [];
  const begun = Date.now();
  const when = ({ caller = "" }: FaultTarget) => refused.push({ at: Date.now(), caller }) > 0;
  const end = journey.cloud.faults.add({ ...outageOf(service, kind), when });
  const pending: Promise<void>[] = [];
  for (let passed = 0; passed < seconds; passed += 10) {
    pending.push(submit(passed * 10));
    await sleep(10_000);
  }
  end();
  await Promise.all(pending);
  // As long as the test may take: what was hidden through the outage comes back minutes later.
  for (const id of ids) while ((await journey.call("GET", `/jobs/${id}`)).body.state !== "succeeded") await sleep(500);
  const told = `${service} (${kind})`;
  const ends = handlers.ledger().filter((line) => line.startsWith("end "));
  expect(ends.length, `${told}: ${ends.join()}`).to.equal(ids.length);
  expect(await lettersOf(journey), `${told}: dead letters`).to.equal("0");
  for (const { id } of journey.cloud.groups.list().flatMap((group) => group.instances)) {
    const late = refused.filter(({ caller, at }) => caller === id && at >= begun + 60_000);
    for (const from of late) {
      const within = late.filter(({ at }) => at >= from.at && at < from.at + 60_000);
      expect(within.length, `${told}: calls of ${id} in a minute`).to.be.at.most(6);
    }
  }
}

async function lettersOf({ sqs, outputs }: Journey): Promise<string | undefined> {
  const QueueUrl = outputs.deadLetterQueueUrls.steady;
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
  return Attributes?.ApproximateNumberOfMessages;
}

async function untilAccepted(journey: Journey, job: object): Promise<void> {
  for (;;) {
    const status = await journey.call("POST", "/jobs", job).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 202) return;
    if (status > 0 && status < 500 && status !== 429) throw new Error(`The job was refused: ${status}`);
    await sleep(1_000);
  }
}

async function started(handlers: Handlers, count: number): Promise<void> {
  while (handlers.ledger().filter((line) => line.startsWith("start ")).length < count) await sleep(50);
}
