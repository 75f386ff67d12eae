import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { type AwsRequest, objectOf } from "../wire/awsRequest";
import { queryErrorOf } from "../wire/queryError";
import { type FailedEntry, replay, type Replayed } from "../wire/replay";
import type { RegionData } from "./dataFolder";
import type { MessageAttribute, StoredQueue, StoredSubscription } from "./fauxqs";
import { type Fauxqs, loadFauxqs } from "./loadFauxqs";
import { MessageMoves } from "./messageMoves";
import type { Notification } from "./notification";
import { createObjectStore, type NewObject, type ObjectStore } from "./objectStore";
import { createQueueStore, type QueueStore } from "./queueStore";
import { checkObjectRequest } from "./requests/objectRequests";
import { settableAttributes } from "./requests/queueAttributes";
import { checkQueueRequest } from "./requests/queueRequests";
import { checkTopicRequest } from "./requests/topicRequests";

/** SQS, SNS and S3, in memory; messages and objects are in the folder of data, too. */
export interface Messaging {
  handle: (request: AwsRequest, response: ServerResponse) => void;
  queue(nameUrlOrArn: string): StoredQueue | undefined;
  queues(): StoredQueue[];
  /** Puts a message into a queue as the cloud itself. */
  send(queueArn: string, body: string, attributes: Record<string, string>): void;
  /** The policy of the topic with that ARN, as it was set. */
  topicPolicy: (arn: string) => string | undefined;
  hasBucket: (bucket: string) => boolean;
  hasObject: (bucket: string, key: string) => boolean;
  /** The keys of a bucket's objects, by bucket. */
  keys: () => Map<string, string[]>;
  /** Deletes the bucket's objects. */
  emptyBucket: (bucket: string) => void;
  /** True if a topic may send to a subscribed queue. */
  mayDeliver: (topicArn: string, queueArn: string) => boolean;
  /** Receives the notifications for Lambda subscriptions. */
  onNotification(deliver: (notification: Notification) => void): void;
  /** Receives each object that is put into a bucket. */
  onObjectCreated(hear: (object: NewObject) => void): void;
  close(): Promise<void>;
}

/** Starts fauxqs without a port of its own: the endpoint passes it the requests. */
export async function startMessaging(address: string, region: string, data?: RegionData): Promise<Messaging> {
  const fauxqs = await loadFauxqs();
  allowAllUnicode(fauxqs.forbiddenCharacter);
  settableAttributes.forEach((name) => fauxqs.settableAttributes.add(name));
  const queues = createQueueStore(fauxqs.SqsStore, address, data);
  const subscriptions = createSubscriptionStore(fauxqs.SnsStore);
  queues.subscriptionOf = (arn) => subscriptions.getSubscription(arn);
  const objects = createObjectStore(fauxqs.S3Store, data);
  const app = buildApp(fauxqs, region, { queues, subscriptions, objects });
  await app.ready();
  const moves = new MessageMoves(queues);
  const etagOf = (bucket: string, key: string) =>
    has(objects, bucket, key) ? objects.headObject(bucket, key).etag : undefined;
  const messaging: Messaging = {
    // Some clients post to the queue's own URL, whose path fauxqs would take for a bucket.
    handle: (request, response) => {
      const { action } = request;
      if (request.service === "sqs") {
        const answer = moves.answer(action, request.input ?? {});
        if (answer) return answerJson(response, answer);
        const failed = checkQueueRequest(action, request.input ?? {}, messaging);
        if (failed.length > 0) return handBatch(app, request, failed, response);
      } else if (request.service === "s3") {
        checkObjectRequest(action, request, { etagOf });
        addChecksum(objects, request, response);
      } else checkTopicRequest(action, fieldsIn(request.body.toString()));
      app.routing(replay(request, request.service === "s3" ? undefined : "/"), response);
    },
    queue: (name) => queues.getQueueByArn(name) ?? queues.getQueue(name),
    queues: () => queues.listQueues(),
    send: (queueArn, body, attributes) => {
      const queue = queues.getQueueByArn(queueArn);
      if (!queue) throw new Error(`There is no queue ${queueArn}`);
      queue.enqueue(fauxqs.SqsStore.createMessage(body, stringAttributes(attributes)));
    },
    topicPolicy: (arn) => subscriptions.getTopic(arn)?.attributes.Policy,
    hasBucket: (bucket) => objects.buckets.has(bucket),
    hasObject: (bucket, key) => has(objects, bucket, key),
    keys: () => new Map([...objects.buckets].map(([bucket, contents]) => [bucket, [...contents.keys()]])),
    emptyBucket: (bucket) =>
      messaging
        .keys()
        .get(bucket)
        ?.forEach((key) => objects.deleteObject(bucket, key)),
    mayDeliver: () => true,
    onNotification: (deliver) => {
      queues.deliver = deliver;
    },
    onObjectCreated: (hear) => {
      objects.announce = hear;
    },
    close: () => {
      moves.stop();
      return app.close();
    },
  };
  queues.mayDeliver = (topicArn, queueArn) => messaging.mayDeliver(topicArn, queueArn);
  return messaging;
}

function answerJson(response: ServerResponse, answer: object): void {
  response.writeHead(200, { "content-type": "application/x-amz-json-1.0" }).end(JSON.stringify(answer));
}

/** Passes on the rest of a batch; its answer includes the removed entries. */
function handBatch(
  app: ReturnType<typeof buildApp>,
  request: AwsRequest,
  failed: FailedEntry[],
  response: ServerResponse,
): void {
  const ids = new Set(failed.map(({ Id }) => Id));
  const given = request.input!.Entries as { Id: string }[];
  const Entries = given.filter(({ Id }) => !ids.has(Id));
  if (Entries.length === 0) return answerJson(response, { Successful: [], Failed: failed });
  const body = Buffer.from(JSON.stringify({ ...request.input, Entries }));
  app.routing(Object.assign(replay({ ...request, body }, "/"), { failed }), response);
}

/** Adds an object's checksum to answers about it, as if it had been put with it. */
function addChecksum(objects: ObjectStore, { action, target, message }: AwsRequest, response: ServerResponse): void {
  const { bucket, key } = objectOf(target);
  const isAsked = message.headers["x-amz-checksum-mode"]?.toString().toUpperCase() === "ENABLED";
  if (!isAsked || action !== "HeadObject" || !has(objects, bucket, key)) return;
  const { body } = objects.headObject(bucket, key);
  response.setHeader("x-amz-checksum-sha256", createHash("sha256").update(body).digest("base64"));
  response.setHeader("x-amz-checksum-type", "FULL_OBJECT");
}

function has(objects: ObjectStore, bucket: string, key: string): boolean {
  try {
    objects.headObject(bucket, key);
    return true;
  } catch {
    return false;
  }
}

type SubscriptionStore = ReturnType<typeof createSubscriptionStore>;

/** fauxqs delivers only to confirmed SQS subscriptions; while it fans out, Lambda subscriptions look like these. */
function createSubscriptionStore(Base: Fauxqs["SnsStore"]) {
  class LocalSnsStore extends Base {
    isFanningOut = false;

    override subscribe(...args: Parameters<InstanceType<Fauxqs["SnsStore"]>["subscribe"]>) {
      const subscription = super.subscribe(...args);
      if (subscription?.protocol === "lambda") subscription.confirmed = true;
      return subscription;
    }

    override getSubscription(arn: string): StoredSubscription | undefined {
      const subscription = super.getSubscription(arn);
      return this.isFanningOut && subscription?.protocol === "lambda"
        ? { ...subscription, protocol: "sqs" }
        : subscription;
    }
  }
  return new LocalSnsStore();
}

/** Largest S3 object in one request: what one buffer can hold. */
const maxObjectBytes = 1_024 ** 3;

function buildApp(
  fauxqs: Fauxqs,
  region: string,
  { queues, subscriptions, objects }: { queues: QueueStore; subscriptions: SubscriptionStore; objects: ObjectStore },
) {
  const stores = { sqsStore: queues, snsStore: subscriptions, s3Store: objects } as never;
  const app = fauxqs.buildApp({ logger: false, defaultRegion: region, stores });
  // Objects may have any type, even those that fauxqs takes for another service's.
  app.removeContentTypeParser(["*", ...Object.keys(parsers)]);
  for (const [type, parse] of [...Object.entries(parsers), ["*"] as const]) {
    app.addContentTypeParser(type, { parseAs: "buffer", bodyLimit: maxObjectBytes }, (request, body: Buffer, done) => {
      const isObject = (request.raw as Replayed).service === "s3";
      done(null, isObject || !parse ? body : parse(body.toString()));
    });
  }
  // Without a body or a type, no parser runs.
  app.addHook("preValidation", (request, _reply, done) => {
    request.body ??= (request.raw as Replayed).service === "s3" ? Buffer.alloc(0) : {};
    done();
  });
  app.addHook("preHandler", (request, _reply, done) => {
    const { Action, QueueUrl, TopicArn } = fieldsOf(request.body);
    if (request.headers["x-amz-target"] === "AmazonSQS.GetQueueAttributes") queues.getQueue(QueueUrl)?.processTimers();
    // fauxqs fans out synchronously, before any microtask.
    subscriptions.isFanningOut = Action === "Publish" || Action === "PublishBatch";
    queues.fanningOutFrom = subscriptions.isFanningOut ? TopicArn : undefined;
    queueMicrotask(() => {
      subscriptions.isFanningOut = false;
      queues.fanningOutFrom = undefined;
    });
    done();
  });
  app.addHook("onSend", (request, reply, payload, done) => {
    const isReceive = request.headers["x-amz-target"] === "AmazonSQS.ReceiveMessage";
    if (isReceive && isGone(reply.raw)) queues.giveBack(fieldsOf(request.body).QueueUrl, String(payload));
    const error = reply.getHeader("x-amzn-query-error");
    if (typeof error === "string") void reply.header("x-amzn-query-error", queryErrorOf(error));
    const { failed = [] } = request.raw as Replayed;
    if (failed.length === 0 || reply.statusCode !== 200) return done(null, payload);
    const answer = JSON.parse(String(payload)) as { Failed?: FailedEntry[] };
    void reply.removeHeader("content-length");
    done(null, JSON.stringify({ ...answer, Failed: [...(answer.Failed ?? []), ...failed] }));
  });
  return app;
}

/** By content type: parsers of bodies that are no S3 objects. The endpoint has checked JSON before. */
const parsers: Record<string, (body: string) => unknown> = {
  "application/x-amz-json-1.0": (body) => JSON.parse(body || "{}") as unknown,
  "application/x-www-form-urlencoded": fieldsIn,
};

function fieldsIn(body: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(body));
}

function fieldsOf(body: unknown): { Action: string; QueueUrl: string; TopicArn?: string } {
  const { Action = "", QueueUrl = "", TopicArn } = (body ?? {}) as Record<string, string>;
  return { Action, QueueUrl, TopicArn };
}

function isGone(response: ServerResponse): boolean {
  return response.destroyed || response.writableEnded || response.socket?.writable !== true;
}

function stringAttributes(texts: Record<string, string>): Record<string, MessageAttribute> {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, { DataType: "String", StringValue: text }]),
  );
}

/** fauxqs takes the halves of a character beyond U+FFFF, such as an emoji, for two forbidden ones. */
function allowAllUnicode(forbiddenCharacter: RegExp): void {
  const allowed = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;
  forbiddenCharacter.test = (text) => !allowed.test(text);
}
