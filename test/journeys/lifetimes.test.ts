import { createHash, randomUUID } from "node:crypto";
import { type AttributeValue, DeleteItemCommand, PutItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import { JobClient } from "../../client/index";
import { limits } from "../../contract/limits";
import { payloadKey, type PayloadRef, resultKey, type ResultRef } from "../../contract/records/largeValues";
import { decodePayload } from "../../contract/records/payloads";
import { decodeRecord, isFinal } from "../../contract/records/record";
import { deployedIn } from "../../local-cloud/pulumi/deployedResources";
import { createHandlers, type Handlers, type Journey, startJourney } from "./support/stack";

const day = 86_400_000;

/** DynamoDB may be late with what has expired ("Using time to live (TTL) in DynamoDB": within a few days). */
const lateDays = 2;

const isoTimes = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{3})?Z?/g;

/** Over 64 KB as a result, and over what a message holds as a payload, or with quotes a schedule; no two are alike. */
const payloadOf = (name: string) => ({ name, text: name.startsWith("quotes") ? '"'.repeat(9e4) : "x".repeat(250_000) });
const sha256 = (value: unknown) => createHash("sha256").update(JSON.stringify(value)).digest("hex");

type Item = Record<string, AttributeValue>;

interface LifecycleRule {
  filter: { prefix: string };
  expiration: { days: number };
}

/** A component whose clock can be moved: all that it has stored becomes older. */
class AgeingJourney {
  /** Epoch milliseconds at which objects were put, by key. */
  private readonly putAt = new Map<string, number>();
  private readonly rules: LifecycleRule[];
  private readonly payloadTable: string;
  private readonly bucket: string;
  /** Payloads that jobs may still need, with the time until which they may. */
  private readonly needed: { key: string; until: number }[] = [];
  /** Objects that were seen after their job's record had gone. */
  outlived = new Set<string>();
  daysAgo = 0;

  constructor(readonly journey: Journey) {
    const { cloud } = journey;
    const deployed = deployedIn(cloud);
    const [lifecycle] = deployed.statesOf("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration");
    this.rules = lifecycle!.rules as LifecycleRule[];
    this.bucket = String(lifecycle!.bucket);
    const environment = cloud.lambdas.list().find(({ spec }) => spec.name.includes("-frontend-"))!.spec.environment;
    this.payloadTable = environment.PAYLOAD_TABLE!;
    cloud.messaging.onObjectCreated(({ key }) => this.putAt.set(key, Date.now()));
  }

  objects(): string[] {
    return this.journey.cloud.messaging.keys().get(this.bucket)!;
  }

  /** A queue keeps the job for 14 days from its start, and its record is there for 14 more. */
  need(type: string, id: string, payload: unknown, startsInDays = 0): void {
    const key = this.objects().find((each) => each.endsWith(`/payloads/${type}/${id}/${sha256(payload)}`));
    expect(key, `the payload of ${id}`).to.be.a("string");
    const seconds = limits.queueRetentionSeconds + limits.recordRetentionSeconds;
    this.needed.push({ key: key!, until: Date.now() + startsInDays * day + seconds * 1_000 });
  }

  /** The job's data was removed on request. */
  forget(id: string): void {
    this.needed.splice(0, Infinity, ...this.needed.filter(({ key }) => !key.includes(id)));
    expect(this.objects().filter((key) => key.includes(id))).to.deep.equal([]);
  }

  /** Moves the clock to that day, and removes what has expired by then. */
  async goTo(days: number): Promise<void> {
    const by = (days - this.daysAgo) * day;
    this.daysAgo = days;
    const moved = (text: string) =>
      text.replace(isoTimes, (time) => {
        const at = new Date(Date.parse(time.endsWith("Z") ? time : `${time}Z`) - by).toISOString();
        return time.endsWith("Z") ? at : at.slice(0, 19);
      });
    for (const [key, at] of this.putAt) this.putAt.set(key, at - by);
    for (const each of this.needed) each.until -= by;
    for (const table of [this.journey.outputs.jobTable, this.payloadTable]) {
      for (const item of await this.items(table)) {
        const older = Object.fromEntries(
          Object.entries(item).map(([name, value]): [string, AttributeValue] => {
            if (name === "expiresAt") return [name, { N: String(Number(value.N) - by / 1_000) }];
            return [name, value.S === undefined ? value : { S: moved(value.S) }];
          }),
        );
        await this.journey.dynamodb.send(new PutItemCommand({ TableName: table, Item: older }));
      }
    }
    await this.sweep();
    const { scheduler } = this.journey.cloud;
    for (const schedule of scheduler.list()) {
      if (!schedule.ScheduleExpression.startsWith("at(")) continue;
      scheduler.delete(schedule.GroupName, schedule.Name);
      const { Input } = schedule.Target;
      const Target = { ...schedule.Target, Input: moved(Input!) };
      scheduler.create({ ...schedule, ScheduleExpression: moved(schedule.ScheduleExpression), Target });
    }
  }

  async items(table: string): Promise<Item[]> {
    const { Items = [] } = await this.journey.dynamodb.send(new ScanCommand({ TableName: table }));
    return Items;
  }

  /** Does what DynamoDB's TTL and the bucket's lifecycle rules do. */
  private async sweep(): Promise<void> {
    const { journey, payloadTable, bucket } = this;
    for (const [TableName, ...names] of [
      [journey.outputs.jobTable, "id"],
      [payloadTable, "type", "item"],
    ] as [string, ...string[]][]) {
      for (const item of await this.items(TableName)) {
        if (!(Number(item.expiresAt?.N) * 1_000 + lateDays * day < Date.now())) continue;
        const Key = Object.fromEntries(names.map((name) => [name, item[name]!]));
        await journey.dynamodb.send(new DeleteItemCommand({ TableName, Key }));
      }
    }
    for (const key of this.objects()) {
      if (this.goneAt(key) > Date.now()) continue;
      const path = `/${bucket}/${key}`;
      await journey.cloud.calls.send({ service: "s3", method: "DELETE", path });
      this.putAt.delete(key);
    }
  }

  /** At the earliest: S3 rounds up to the next midnight ("Lifecycle configuration elements"). */
  private goneAt(key: string): number {
    const rules = this.rules.filter(({ filter }) => key.startsWith(filter.prefix));
    expect(rules, `rules for ${key}`).to.have.length(1);
    return this.putAt.get(key)! + rules[0]!.expiration.days * day;
  }

  /** Whatever names an object finds it, and each object has an end. */
  async check(): Promise<void> {
    const { journey } = this;
    const objects = new Set(this.objects());
    const expectThere = (key: string, by: string) =>
      expect(objects.has(key), `day ${this.daysAgo}: ${by} names ${key}`).to.equal(true);
    const records = (await this.items(journey.outputs.jobTable)).map(decodeRecord);
    for (const { id, type, resultRef } of records) {
      if (resultRef) expectThere(resultKey({ id, type }, resultRef.claim), "a record");
      const { body } = await journey.call("GET", `/jobs/${id}`);
      for (const ref of [body.payloadRef, body.resultRef] as ((PayloadRef | ResultRef) & { url: string })[]) {
        if (!ref) continue;
        const content = Buffer.from(await (await fetch(ref.url)).arrayBuffer());
        expect(createHash("sha256").update(content).digest("hex"), `${id} on day ${this.daysAgo}`).to.equal(ref.sha256);
      }
    }
    for (const item of await this.items(this.payloadTable)) {
      const { payloadRef } = decodePayload(item) ?? {};
      const id = item.item!.S!.split("#")[0]!;
      if (payloadRef) expectThere(payloadKey({ type: item.type!.S!, id }, payloadRef), "a kept payload");
    }
    for (const { ScheduleExpression, Target } of journey.cloud.scheduler.list()) {
      if (!ScheduleExpression.startsWith("at(")) continue;
      const { Message } = JSON.parse(Target.Input!) as { Message: string };
      const { type, id, payloadRef } = JSON.parse(Message) as { type: string; id: string; payloadRef: PayloadRef };
      expectThere(payloadKey({ type, id }, payloadRef), "a schedule");
    }
    for (const { key, until } of this.needed) if (Date.now() < until) expectThere(key, "a job that may begin");
    const known = new Set(records.map(({ id }) => id));
    for (const key of objects) {
      expect(this.goneAt(key), `day ${this.daysAgo}: ${key} is still there`).to.be.greaterThan(Date.now());
      if (!known.has(key.split("/")[3]!)) this.outlived.add(key);
    }
  }
}

describe("records and objects, over 14 months", () => {
  let handlers: Handlers;
  let journey: Journey;
  let client: JobClient;
  let ageing: AgeingJourney;

  before(async () => {
    const seen = `require("node:crypto").createHash("sha256").update(JSON.stringify(job.payload)).digest("hex")`;
    handlers = createHandlers({ echo: "return job.payload", fails: `throw new Error("saw " + ${seen})` });
    const settings = { minInstances: 1, maxAttempts: 1 };
    journey = await startJourney(
      ["echo", "fails"].map((name) => ({ name, handler: name, ...settings })),
      handlers,
    );
    client = new JobClient({ url: journey.url });
    ageing = new AgeingJourney(journey);
  });
  after(async () => {
    await journey?.stop();
    handlers?.remove();
  });

  /** Submits by a request or by an upload. */
  async function submit(name: string, { type = "echo", days = 0, isUploaded = false } = {}): Promise<string> {
    const payload = payloadOf(name);
    const delaySeconds = days * 86_400;
    const id = `${name}-${randomUUID()}`;
    if (isUploaded) await client.submit(type, payload, { id, delaySeconds });
    else await journey.submit(type, payload, { id, delaySeconds });
    ageing.need(type, id, payload, days);
    return id;
  }

  /** The job has read its payload, and its result is in S3. */
  async function ends(name: string, id: string): Promise<void> {
    expect((await client.wait(id)).result, id).to.deep.equal(payloadOf(name));
  }

  async function failsAgain(name: string, id: string): Promise<void> {
    const { error } = await client.wait(id);
    expect(error?.message, id).to.equal(`saw ${sha256(payloadOf(name))}`);
  }

  it("never part: no record names an object that is gone, and no object stays beyond its lifetime", async () => {
    const sent = await submit("sent");
    const uploaded = await submit("uploaded", { isUploaded: true });
    const failed = await submit("failed", { type: "fails" });
    const removed = await submit("removed");
    const later: [string, number, string][] = [];
    for (const [name, days, isUploaded] of [
      ["in-30-days", 30, false],
      ["quotes-in-30-days", 30, false],
      ["in-48-days", 48, true],
      ["in-49-days", 49, false],
      ["in-a-year", 365, true],
    ] as const) {
      later.push([name, days, await submit(name, { days, isUploaded })]);
    }
    const cancelled = await submit("cancelled", { days: 30 });
    await ends("sent", sent);
    await ends("uploaded", uploaded);
    await ends("removed", removed);
    await failsAgain("failed", failed);

    const acts: Record<number, () => Promise<unknown>> = {
      1: async () => {
        await client.removeData(removed);
        ageing.forget(removed);
      },
      5: () => client.cancel(cancelled),
      // The last hours of the records: what is kept for a retry is kept for as long again.
      13.5: async () => {
        await client.retry(failed);
        await failsAgain("failed", failed);
        const { id } = await client.replay(sent);
        await ends("sent", id);
      },
      27: async () => {
        await client.retry(failed);
        await failsAgain("failed", failed);
      },
      ...Object.fromEntries(later.map(([name, days, id]) => [days, () => ends(name, id)])),
    };
    const days = [
      1, 5, 13.5, 14.5, 16.5, 27, 28.5, 30, 41.5, 43.5, 48, 49, 57, 60, 62, 70, 89.5, 91, 103, 365, 378, 394, 411,
    ];
    for (const each of days) {
      await ageing.goTo(each);
      await acts[each]?.();
      await ageing.check();
    }
    expect(ageing.objects()).to.deep.equal([]);
    expect(ageing.outlived.size, "objects that outlive their records").to.be.greaterThan(5);
    const left = (await ageing.items(journey.outputs.jobTable)).map(decodeRecord);
    expect(left.filter(({ state }) => !isFinal(state))).to.deep.equal([]);
    expect(left.map(({ id }) => id)).to.deep.equal([]);
  });
});
