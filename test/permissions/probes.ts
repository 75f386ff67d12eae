import { createHash, randomUUID } from "node:crypto";
import { fleetItem } from "../../contract/fleet/state";
import type { Upload, ValueUrl } from "../../contract/http/answers";
import { publishTarget } from "../../contract/messages/scheduledMessage";
import { listKeyOf } from "../../contract/records/listKey";
import { decodeRecord, encodeRecord } from "../../contract/records/record";
import { groupOf, readItem, runScaler, setItem } from "../journeys/support/fleet";
import { usageSum } from "../journeys/support/usage";
import { newId, restart, type World } from "./world";

/** A small journey that ends well or throws, within the seconds; it leaves everything as it was. */
export type Probe = (world: World, seconds: number) => Promise<void>;

async function answers(world: World, status: number, method: string, path: string, body?: unknown) {
  const answer = await world.journey.call(method, path, body);
  if (answer.status !== status) throw new Error(`Expected ${status} of ${method} ${path}, got ${answer.status}`);
  return answer.body;
}

async function submitted(world: World, type: string, payload: unknown = {}, more: object = {}): Promise<string> {
  const body = await answers(world, 202, "POST", "/jobs", { type, payload, ...more });
  return body.id as string;
}

async function ends(world: World, id: string, state: string, seconds: number): Promise<void> {
  await world.within(seconds, async () => (await world.journey.call("GET", `/jobs/${id}`)).body.state === state);
}

/** A job that was cancelled before it ran. */
async function cancelled(world: World): Promise<string> {
  const id = await submitted(world, "deserted", {}, { delaySeconds: 800 });
  await answers(world, 202, "DELETE", `/jobs/${id}`);
  return id;
}

const queueOf = ({ journey }: World, type: string) => journey.cloud.messaging.queue(journey.outputs.queueUrls[type]!)!;
const countOf = (world: World, url: string) => world.journey.cloud.messaging.queue(url)!.messages.length;

/** Takes all that is in the queue away. */
function empty(world: World, url: string): void {
  const queue = world.journey.cloud.messaging.queue(url)!;
  queue.messages.length = 0;
  queue.inflightMessages.clear();
}

async function publish({ journey }: World, type: string): Promise<void> {
  const message = { version: 1, id: randomUUID(), type, submittedAt: new Date().toISOString(), payload: {} };
  await journey.cloud.calls.sns("Publish", { TopicArn: journey.outputs.topicArn, Message: JSON.stringify(message) });
}

/** Has the router fail at what it sends, until the returned function is called. */
const byRouter = ({ caller = "" }) => caller.includes("-router-");

/** The router can send nothing. */
function silenceRouter({ journey }: World): () => void {
  return journey.cloud.faults.add({ service: "sqs", action: "SendMessageBatch", status: 500, when: byRouter });
}

/** The router can send nothing, nor keep it in its table. */
function failRouter(world: World): () => void {
  const heal = silenceRouter(world);
  const { faults } = world.journey.cloud;
  const healTable = faults.add({ service: "dynamodb", action: "PutItem", status: 500, when: byRouter });
  return () => {
    heal();
    healTable();
  };
}

async function invoke(world: World, name: string): Promise<void> {
  const { functionError, payload } = await world.functionNamed(name).invoke("{}", { mayWait: true });
  if (functionError) throw new Error(payload);
}

/** Says if a repair run has counted some of these since: it counts what it has also removed from where it was kept. */
function repairedFromNow({ journey: { logs } }: World, what: "published" | "unsent"): () => boolean {
  const before = logs.length;
  const counted = new RegExp(`"repair-finished".*"${what}":[1-9]`);
  return () => logs.slice(before).some(({ line }) => counted.test(line));
}

/** True if the type's fleet is gone, with a desired capacity of 0. */
async function atZero(world: World, type: string, seconds: number): Promise<void> {
  const group = groupOf(world.journey, type);
  await world.within(seconds, () => group.instances.length === 0 && group.desiredCapacity === 0);
}

/** Puts a job into the type's queue, past the router, who would tell the scaler. */
async function sendPast({ journey: { cloud, outputs } }: World, type: string, id: string): Promise<void> {
  const message = { version: 1, id, type, submittedAt: new Date().toISOString(), payload: {} };
  await cloud.calls.sqs("SendMessage", {
    QueueUrl: outputs.queueUrls[type],
    MessageBody: JSON.stringify(message),
    MessageAttributes: { type: { DataType: "String", StringValue: type } },
  });
}

/** A schedule in the component's group and role, whose time has come. */
function publishAtOnce(world: World, topicArn: string): Promise<void> {
  const { SCHEDULE_GROUP, SCHEDULE_ROLE_ARN, SCHEDULE_DEAD_LETTER_ARN } =
    world.functionNamed("-api-frontend-").spec.environment;
  const id = newId();
  const job = { version: 1, id, type: `no-${id.slice(0, 8)}`, submittedAt: new Date().toISOString(), payload: {} };
  world.journey.cloud.scheduler.create({
    Name: id,
    GroupName: SCHEDULE_GROUP!,
    ScheduleExpression: `at(${new Date().toISOString().slice(0, 19)})`,
    ActionAfterCompletion: "DELETE",
    Target: {
      Arn: publishTarget(topicArn),
      RoleArn: SCHEDULE_ROLE_ARN,
      Input: JSON.stringify({ TopicArn: topicArn, Message: JSON.stringify(job) }),
      DeadLetterConfig: { Arn: SCHEDULE_DEAD_LETTER_ARN },
    },
  });
  return Promise.resolve();
}

/** By name; the quickest come first. */
export const probes: Record<string, Probe> = {
  async submit(world) {
    await submitted(world, "deserted", {}, { delaySeconds: 800 });
  },
  async "unknown type"(world) {
    await answers(world, 422, "POST", "/jobs", { type: `no-${randomUUID().slice(0, 8)}`, payload: {} });
  },
  async types(world) {
    await restart(world, "-operator-");
    const { types } = await answers(world, 200, "GET", "/types");
    for (const { type, counts } of types as { type: string; counts: { deadLetters?: number } }[]) {
      if (counts.deadLetters === undefined) throw new Error(`Expected the dead letters of ${type}`);
    }
    await answers(world, 200, "GET", "/types/deserted");
    await answers(world, 200, "GET", "/types/deserted/history");
  },
  async problems(world) {
    await world.journey.cloud.calls.dynamodb("UpdateItem", {
      TableName: world.functionNamed("-scaler-").spec.environment.FLEET_TABLE,
      Key: { type: { S: "deserted" }, item: { S: fleetItem } },
      UpdateExpression: "SET launchProblem = :why",
      ExpressionAttributeValues: { ":why": { S: "because" } },
    });
    const { body } = await world.journey.call("GET", "/types");
    if (!JSON.stringify(body).includes("because")) throw new Error("Expected the launch problem");
    const id = await submitted(world, "deserted");
    const { waiting } = await answers(world, 200, "GET", `/jobs/${id}`);
    if (!JSON.stringify(waiting).includes("because")) throw new Error("Expected the launch problem of a job");
    await answers(world, 202, "DELETE", `/jobs/${id}`);
    empty(world, world.journey.outputs.queueUrls.deserted!);
  },
  async schedule(world) {
    const runAt = new Date(Date.now() + 3_600_000).toISOString();
    await submitted(world, "deserted", {}, { runAt });
  },
  async unschedule(world, seconds) {
    const runAt = new Date(Date.now() + 3_600_000).toISOString();
    const id = await submitted(world, "deserted", {}, { runAt });
    const isScheduled = () => world.journey.cloud.scheduler.list().some(({ Target }) => Target.Input?.includes(id));
    if (!isScheduled()) throw new Error("Expected a schedule");
    await answers(world, 202, "DELETE", `/jobs/${id}`);
    await world.within(seconds, () => !isScheduled());
  },
  async list(world) {
    const body = await answers(world, 200, "GET", "/jobs");
    if (!Array.isArray(body.jobs)) throw new Error(`Expected jobs, got ${JSON.stringify(body)}`);
  },
  async "same key again"(world) {
    const job = { type: "deserted", payload: {}, id: randomUUID(), delaySeconds: 800 };
    await answers(world, 202, "POST", "/jobs", job);
    await answers(world, 202, "POST", "/jobs", job);
  },
  async cancel(world, seconds) {
    const id = await submitted(world, "deserted", {}, { delaySeconds: 800 });
    await answers(world, 202, "DELETE", `/jobs/${id}`);
    await world.within(seconds, () => world.hasEvent(id));
  },
  async unroutable(world, seconds) {
    await restart(world, "-router-router-");
    const { unroutableQueueUrl } = world.journey.outputs;
    await publish(world, `no-${randomUUID().slice(0, 8)}`);
    await world.within(seconds, () => countOf(world, unroutableQueueUrl) > 0);
    empty(world, unroutableQueueUrl);
  },
  async "router fails"(world, seconds) {
    const { routerFailureQueueUrl } = world.journey.outputs;
    empty(world, routerFailureQueueUrl);
    const heal = failRouter(world);
    try {
      await submitted(world, "steady");
      await world.within(seconds, () => countOf(world, routerFailureQueueUrl) > 0);
    } finally {
      heal();
    }
    empty(world, routerFailureQueueUrl);
  },
  async undelivered(world, seconds) {
    const { cloud } = world.journey;
    const { spec } = world.functionNamed("-repair-repair-");
    const url = spec.environment.UNDELIVERED_QUEUE_URL!;
    empty(world, url);
    const heal = cloud.faults.add({ service: "lambda", action: "Invoke", status: 403, when: byRouter });
    try {
      await submitted(world, "steady");
      await world.within(seconds, () => countOf(world, url) > 0);
    } finally {
      heal();
    }
    empty(world, url);
  },
  async run(world, seconds) {
    const id = await submitted(world, "steady");
    await ends(world, id, "succeeded", seconds);
    await world.within(seconds, () => world.hasEvent(id));
    const { messages, inflightMessages } = queueOf(world, "steady");
    await world.within(seconds, () => messages.length === 0 && inflightMessages.size === 0);
  },
  async "run again"(world, seconds) {
    const id = await submitted(world, "steady", { fail: 1 });
    await ends(world, id, "succeeded", seconds);
  },
  async "dead letter"(world, seconds) {
    const url = world.journey.outputs.deadLetterQueueUrls.steady!;
    empty(world, url);
    await submitted(world, "steady", { fail: 2 });
    await world.within(seconds, () => countOf(world, url) > 0);
    empty(world, url);
  },
  async checkpoint(world, seconds) {
    await ends(world, await submitted(world, "steady", { checkpoint: true }), "succeeded", seconds);
  },
  async retry(world, seconds) {
    const url = world.journey.outputs.deadLetterQueueUrls.steady!;
    empty(world, url);
    const job = { fail: 2 };
    const other = await submitted(world, "steady", job);
    const id = await submitted(world, "steady", job);
    await ends(world, other, "failed", seconds);
    await ends(world, id, "failed", seconds);
    await world.within(seconds, () => countOf(world, url) === 2);
    await restart(world, "-removal-");
    await restart(world, "-api-frontend-");
    await answers(world, 202, "POST", `/jobs/${id}/retry`);
    // The other letter was looked at, and let go of.
    const letters = world.journey.cloud.messaging.queue(url)!;
    await world.within(seconds, () => letters.inflightMessages.size === 0);
    await ends(world, id, "failed", seconds);
    empty(world, url);
    // From its payload.
    await answers(world, 202, "POST", `/jobs/${other}/retry`);
    await ends(world, other, "failed", seconds);
    empty(world, url);
  },
  async "remove data"(world) {
    const id = await cancelled(world);
    await answers(world, 200, "DELETE", `/jobs/${id}/data`);
    await answers(world, 409, "POST", `/jobs/${id}/retry`);
  },
  async "large values"(world, seconds) {
    const id = newId();
    const payload = JSON.stringify({ text: "x".repeat(300_000) });
    const sha256 = createHash("sha256").update(payload).digest("hex");
    await submitted(world, "deserted", JSON.parse(payload), { delaySeconds: 800 });
    const job = { type: "steady", id, payloadRef: { bytes: payload.length, sha256 } };
    await answers(world, 422, "POST", "/jobs", job);
    const wanted = { type: "steady", id, ...job.payloadRef };
    const { url, headers } = (await answers(world, 200, "POST", "/uploads", wanted)) as unknown as Upload;
    const { ok } = await fetch(url, { method: "PUT", headers, body: payload });
    if (!ok) throw new Error("Expected the upload to be taken");
    await answers(world, 202, "POST", "/jobs", job);
    await ends(world, id, "succeeded", seconds);
    const { payloadRef, resultRef } = await answers(world, 200, "GET", `/jobs/${id}`);
    if (!(await fetch((payloadRef as ValueUrl).url)).ok) throw new Error("Expected the payload");
    if (!(await fetch((resultRef as ValueUrl).url)).ok) throw new Error("Expected the result");
    const { id: copy } = await answers(world, 202, "POST", `/jobs/${id}/replay`);
    await ends(world, copy as string, "succeeded", seconds);
    await answers(world, 200, "DELETE", `/jobs/${id}/data`);
    for (const { url: left } of [payloadRef, resultRef] as ValueUrl[]) {
      if ((await fetch(left)).ok) throw new Error("Expected no payload and no result");
    }
  },
  async "retry from zero"(world, seconds) {
    const group = groupOf(world.journey, "sleeper");
    const id = await submitted(world, "sleeper", { fail: 2 });
    await ends(world, id, "failed", seconds);
    await atZero(world, "sleeper", seconds);
    await restart(world, "-removal-");
    await answers(world, 202, "POST", `/jobs/${id}/retry`);
    await world.within(seconds, () => group.desiredCapacity > 0);
    await ends(world, id, "failed", seconds);
    empty(world, world.journey.outputs.deadLetterQueueUrls.sleeper!);
  },
  async "count again"(world, seconds) {
    const { JOB_TABLE } = world.functionNamed("-repair-repair-").spec.environment;
    const [id, type] = [newId(), "deserted"];
    const submittedAt = new Date(Date.now() - 600_000).toISOString();
    const record = encodeRecord({ id, type, state: "queued", attempts: 0, submittedAt, listKey: listKeyOf(type, id) });
    await world.journey.cloud.calls.dynamodb("PutItem", { TableName: JOB_TABLE, Item: record });
    await setItem(world.journey, type, fleetItem, { countsAt: 0 });
    await answers(world, 200, "GET", `/jobs/${id}`);
    await world.within(seconds, async () => Number((await readItem(world.journey, type, fleetItem)).countsAt) > 0);
  },
  async logs(world, seconds) {
    const id = await submitted(world, "deserted", {}, { delaySeconds: 800 });
    await restart(world, "-operator-");
    await world.within(seconds, async () => {
      const { status, body } = await world.journey.call("GET", `/jobs/${id}/logs`);
      if (status !== 200 && status !== 429) throw new Error(`Expected the logs of ${id}, got ${status}`);
      return JSON.stringify(body).includes("job-accepted");
    });
  },
  async "many jobs"(world, seconds) {
    await cancelled(world);
    await answers(world, 200, "GET", "/failures");
    const act = async (body: object, done: number) => {
      const { id } = await answers(world, 202, "POST", "/actions", body);
      let action: { state?: string; counts?: { done: number } } = {};
      await world.within(seconds, async () => {
        action = await answers(world, 200, "GET", `/actions/${String(id)}`);
        return action.state === "done";
      });
      if (action.counts!.done !== done) throw new Error(`Expected ${done} jobs, got ${JSON.stringify(action)}`);
      const isWatched = () => world.journey.cloud.scheduler.list().some(({ Name }) => Name.includes(String(id)));
      await world.within(seconds, () => !isWatched());
    };
    const labels = { of: newId() };
    const filter = { type: "deserted", label: `of:${labels.of}` };
    const runAt = new Date(Date.now() + 3_600_000).toISOString();
    const id = await submitted(world, "deserted", {}, { labels, runAt });
    await act({ action: "cancel", filter }, 1);
    const isScheduled = () => world.journey.cloud.scheduler.list().some(({ Target }) => Target.Input?.includes(id));
    if (isScheduled()) throw new Error("Expected no schedule of a cancelled job");
    await act({ action: "replay", filter: { ...filter, state: "cancelled" } }, 1);
    await act({ action: "retry", filter: { ...filter, state: "cancelled" } }, 1);
    await answers(world, 200, "GET", "/actions");
    await act({ action: "cancel", filter }, 2);
  },
  alarm({ journey: { cloud, logs } }) {
    const [alarm] = cloud.alarms.list();
    const seen = logs.length;
    for (const state of ["ALARM", "OK"] as const) cloud.alarms.setState(alarm!.name, state);
    const refusal = logs.slice(seen).find(({ line }) => line.includes("may not publish"));
    return refusal ? Promise.reject(new Error(refusal.line)) : Promise.resolve();
  },
  async "the sums"(world, seconds) {
    await restart(world, "-operator-");
    const { cloud, logs } = world.journey;
    const before = logs.length;
    cloud.schedules.runAll();
    const written = /"component-metrics".*"DeadLetters":\d+,"StalledSeconds":\d+/;
    await world.within(seconds, () => logs.slice(before).some(({ line }) => written.test(line)));
  },
  async "retry launches"(world) {
    await restart(world, "-operator-");
    await answers(world, 202, "POST", "/types/deserted/retry-launches");
  },
  async "repair failures"(world, seconds) {
    const { routerFailureQueueUrl } = world.journey.outputs;
    empty(world, routerFailureQueueUrl);
    const heal = failRouter(world);
    const id = await submitted(world, "steady");
    try {
      await world.within(10, () => countOf(world, routerFailureQueueUrl) > 0);
    } finally {
      heal();
    }
    world.journey.cloud.schedules.runAll();
    await ends(world, id, "succeeded", seconds);
    const failures = world.journey.cloud.messaging.queue(routerFailureQueueUrl)!;
    await world.within(seconds, () => failures.messages.length === 0 && failures.inflightMessages.size === 0);
  },
  async "repair unsent"(world, seconds) {
    const kept = () => world.journey.logs.filter(({ line }) => line.includes('"jobs-kept"')).length;
    const before = kept();
    const repaired = repairedFromNow(world, "unsent");
    const heal = silenceRouter(world);
    const id = await submitted(world, "steady");
    try {
      await world.within(seconds, () => kept() > before);
    } finally {
      heal();
    }
    await restart(world, "-repair-repair-");
    await invoke(world, "-repair-repair-");
    await ends(world, id, "succeeded", seconds);
    await world.within(seconds, repaired);
  },
  async "repair kept events"(world, seconds) {
    const repaired = repairedFromNow(world, "published");
    const when = ({ caller = "" }) => !/-api-|-repair-/.test(caller);
    const heal = world.journey.cloud.faults.add({ service: "sns", status: 500, when });
    const id = await submitted(world, "steady");
    try {
      await ends(world, id, "succeeded", seconds);
      await world.within(seconds, () =>
        world.journey.logs.some(({ line }) => line.includes("event-kept") && line.includes(id)),
      );
    } finally {
      heal();
    }
    await restart(world, "-repair-repair-");
    await invoke(world, "-repair-repair-");
    await world.within(seconds, () => world.hasEvent(id));
    await world.within(seconds, repaired);
  },
  async "repair unroutable"(world, seconds) {
    const { routerFailureQueueUrl, unroutableQueueUrl } = world.journey.outputs;
    empty(world, unroutableQueueUrl);
    const heal = failRouter(world);
    await publish(world, `no-${randomUUID().slice(0, 8)}`);
    try {
      await world.within(10, () => countOf(world, routerFailureQueueUrl) > 0);
    } finally {
      heal();
    }
    await restart(world, "-repair-repair-");
    await invoke(world, "-repair-repair-");
    await world.within(seconds, () => countOf(world, unroutableQueueUrl) > 0);
    empty(world, unroutableQueueUrl);
  },
  async "repair dead letters"(world, seconds) {
    const { cloud, outputs } = world.journey;
    const url = outputs.deadLetterQueueUrls.deserted!;
    empty(world, url);
    const id = await submitted(world, "deserted", {}, { delaySeconds: 0 });
    await world.within(5, () => queueOf(world, "deserted").messages.some(({ body }) => body.includes(id)));
    const queue = queueOf(world, "deserted");
    // As SQS itself moves them: without a reason.
    const moved = queue.messages.filter(({ body }) => body.includes(id));
    queue.messages = queue.messages.filter((message) => !moved.includes(message));
    moved.forEach((message) => cloud.messaging.queue(url)!.enqueue(message));
    await invoke(world, "-repair-repair-");
    await ends(world, id, "failed", seconds);
    await world.within(seconds, () => world.hasEvent(id));
    const letters = cloud.messaging.queue(url)!;
    await world.within(1, () => letters.messages.length === 1 && letters.inflightMessages.size === 0);
    empty(world, url);
  },
  async "repair lost jobs"(world, seconds) {
    const { JOB_TABLE } = world.functionNamed("-repair-repair-").spec.environment;
    const [id, type] = [newId(), "deserted"];
    const submittedAt = new Date(Date.now() - 16 * 86_400_000).toISOString();
    // As it is where its submitter gave up, or its queue kept its message no longer.
    const record = encodeRecord({ id, type, state: "queued", attempts: 0, submittedAt, listKey: listKeyOf(type, id) });
    await world.journey.cloud.calls.dynamodb("PutItem", { TableName: JOB_TABLE, Item: record });
    await restart(world, "-repair-repair-");
    await invoke(world, "-repair-repair-");
    const { Item } = await world.journey.cloud.calls.dynamodb<{ Item: Parameters<typeof decodeRecord>[0] }>("GetItem", {
      ...{ TableName: JOB_TABLE, ConsistentRead: true },
      Key: { id: { S: id } },
    });
    const { state, expiresAt } = decodeRecord(Item);
    if (state !== "failed" || expiresAt === undefined) throw new Error(`Expected an end, got ${JSON.stringify(Item)}`);
    await world.within(seconds, () => world.hasEvent(id));
  },
  async inline(world, seconds) {
    const jobs = () => usageSum(world.journey, "inline", "type", "jobs");
    const before = await jobs();
    const id = await submitted(world, "inline");
    await ends(world, id, "succeeded", seconds);
    await atZero(world, "inline", seconds);
    // A worker adds the usage of its jobs before its instance ends.
    if ((await jobs()) <= before) throw new Error("Expected the job in the type's usage");
  },
  async secretive(world, seconds) {
    await atZero(world, "secretive", seconds);
    await ends(world, await submitted(world, "secretive"), "succeeded", seconds);
    await atZero(world, "secretive", seconds);
  },
  async "from zero and back"(world, seconds) {
    const group = groupOf(world.journey, "sleeper");
    await atZero(world, "sleeper", seconds);
    await restart(world, "-scaler-scaler-");
    const id = await submitted(world, "sleeper");
    await ends(world, id, "succeeded", seconds);
    await atZero(world, "sleeper", seconds);
    // An instance that no nudge has raised from zero reports at once.
    await setItem(world.journey, "sleeper", fleetItem, { wokenAt: 0 });
    group.setDesiredCapacity(1);
    await world.within(seconds, async () => {
      const [instance] = group.instances;
      return instance !== undefined && (await readItem(world.journey, "sleeper", instance.id)).seenAt !== undefined;
    });
    await atZero(world, "sleeper", seconds);
  },
  async removal(world, seconds) {
    const { cloud, outputs } = world.journey;
    // The function waits for messages that are held back, of which this type has none.
    const queueUrls = [outputs.queueUrls.inline!, outputs.deadLetterQueueUrls.inline!];
    for (const url of [...queueUrls, outputs.unroutableQueueUrl]) empty(world, url);
    for (const QueueUrl of queueUrls) await cloud.calls.sqs("SendMessage", { QueueUrl, MessageBody: "{}" });
    const event = { type: `no-${newId().slice(0, 8)}`, queueUrls, tf: { action: "delete" } };
    const calling = world.functionNamed("-removal-").invoke(JSON.stringify(event), { mayWait: true });
    await world.within(seconds, () => countOf(world, outputs.unroutableQueueUrl) === queueUrls.length);
    const { functionError, payload } = await calling;
    if (functionError) throw new Error(payload);
    empty(world, outputs.unroutableQueueUrl);
  },
  async "a message twice"(world, seconds) {
    const id = await submitted(world, "steady");
    await ends(world, id, "succeeded", seconds);
    const queue = queueOf(world, "steady");
    const isEmpty = () => queue.messages.length === 0 && queue.inflightMessages.size === 0;
    // While its attempt still runs, a second message is put off for as long as a lease lasts.
    await world.within(seconds, isEmpty);
    await sendPast(world, "steady", id);
    await world.within(seconds, isEmpty);
  },
  async "a schedule's job"(world, seconds) {
    await publishAtOnce(world, world.journey.outputs.topicArn);
    const { unroutableQueueUrl } = world.journey.outputs;
    await world.within(seconds, () => countOf(world, unroutableQueueUrl) > 0);
    empty(world, unroutableQueueUrl);
  },
  async "a schedule without a topic"(world, seconds) {
    const url = world.functionNamed("-repair-repair-").spec.environment.UNDELIVERED_QUEUE_URL!;
    empty(world, url);
    await publishAtOnce(world, `${world.journey.outputs.topicArn}-gone`);
    await world.within(seconds, () => countOf(world, url) > 0);
    empty(world, url);
  },
  async "the scaler's rule"(world, seconds) {
    await atZero(world, "sleeper", seconds);
    const id = newId();
    await sendPast(world, "sleeper", id);
    world.journey.cloud.schedules.runAll();
    await ends(world, id, "succeeded", seconds);
    await atZero(world, "sleeper", seconds);
  },
  async "the minute's run"(world, seconds) {
    await atZero(world, "sleeper", seconds);
    const id = newId();
    await sendPast(world, "sleeper", id);
    if (!(await runScaler(world.journey))) throw new Error("Expected the scaler's run to find nothing amiss");
    await ends(world, id, "succeeded", seconds);
    await atZero(world, "sleeper", seconds);
  },
};
