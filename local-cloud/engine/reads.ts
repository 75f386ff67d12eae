import { isDeepStrictEqual } from "node:util";
import type { LocalCloud } from "../cloud";
import { type Properties, text } from "../properties";
import { keyOf } from "../pulumi/resources/dynamodb";
import { attributeNames, providerDefaults } from "../pulumi/resources/sqs";

/** Resolves to the properties that the cloud knows, or to undefined if the resource is gone. */
type Read = (
  id: string,
  state: Properties,
  cloud: LocalCloud,
) => Properties | undefined | Promise<Properties | undefined>;

/** A refresh's reads of the cloud, by type. The other types have no state that could change without the engine. */
export const reads: Record<string, Read> = {
  "aws:sqs/queue:Queue": (id, _state, cloud) => {
    const queue = cloud.messaging.queue(id);
    if (!queue) return undefined;
    // Only numbers, since people change those by hand.
    const numbers = Object.keys(providerDefaults).map((key) => [key, Number(queue.attributes[attributeNames[key]!])]);
    return Object.fromEntries(numbers.filter(([, value]) => !Number.isNaN(value))) as Properties;
  },
  "aws:sns/topic:Topic": (id, _state, { calls }) => there(calls.sns("GetTopicAttributes", { TopicArn: id })),
  "aws:dynamodb/table:Table": (id, _state, { calls }) => there(calls.dynamodb("DescribeTable", { TableName: id })),
  "aws:dynamodb/tableItem:TableItem": readItem,
  "aws:s3/bucket:Bucket": (id, _state, { calls }) =>
    there(calls.send({ service: "s3", method: "HEAD", path: `/${id}` })),
  "aws:lambda/function:Function": (id, _state, { lambdas }) => {
    const found = lambdas.find(id);
    return found && { timeout: found.spec.timeoutSeconds, memorySize: found.spec.memoryMegabytes };
  },
  "aws:apigatewayv2/api:Api": (id, _state, { apis }) => (apis.list().some((api) => api.id === id) ? {} : undefined),
  "aws:autoscaling/group:Group": (id, _state, { groups }) => {
    const found = groups.find(id);
    if (!found) return undefined;
    const { minSize, maxSize } = found.settings;
    return { minSize, maxSize, desiredCapacity: found.desiredCapacity };
  },
  "aws:cloudwatch/eventRule:EventRule": (id, _state, { schedules }) => (schedules.has(id) ? {} : undefined),
};

async function readItem(_id: string, state: Properties, { calls }: LocalCloud): Promise<Properties | undefined> {
  const item = JSON.parse(text(state, "item")) as Record<string, unknown>;
  const TableName = text(state, "tableName");
  const answer = await unlessGone(
    calls.dynamodb<{ Item?: unknown }>("GetItem", { TableName, Key: keyOf(state, item) }),
  );
  if (!answer?.Item) return undefined;
  return isDeepStrictEqual(answer.Item, item) ? {} : { item: JSON.stringify(answer.Item) };
}

async function there(call: Promise<unknown>): Promise<Properties | undefined> {
  return (await unlessGone(call)) === undefined ? undefined : {};
}

/** Each service has its own error for a missing resource. */
async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  return call.catch((error: Error) => {
    if (/ 404 |NotFound|NoSuch|NonExistent/.test(error.message)) return undefined;
    throw error;
  });
}
