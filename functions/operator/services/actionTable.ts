import { type DynamoDBClient, GetItemCommand, paginateQuery, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { ifConditionHolds, namesIn, valuesOf } from "../../../contract/records/expressions";
import { updateIf } from "../../shared/tables/updateIf";
import {
  type ActionItem,
  type ActionProgress,
  type ActionRequest,
  type Actions,
  leaseMilliseconds,
} from "../actions/actions";

/** Seconds that an action is kept after its start: as long as its jobs' payloads. */
const retentionSeconds = 28 * 24 * 3_600;

/** Actions of a list. */
const listed = 100;

type Item = Record<string, { S?: string; N?: string }>;

/** The actions in the table `control`, under the key `action`. */
export function createActionTable(client: DynamoDBClient, TableName: string): Actions {
  const itemOf = (id: string) => ({ TableName, Key: { key: { S: "action" }, item: { S: id } } });

  async function read(id: string): Promise<ActionItem | undefined> {
    const { Item } = await client.send(new GetItemCommand({ ...itemOf(id), ConsistentRead: true }));
    return Item && decode(Item);
  }

  const update = (id: string, change: string, condition: string, values: Record<string, unknown>) =>
    updateIf(client, itemOf(id), { change, condition, values }, decode);

  const going = "(#state = :counting OR #state = :running)";
  const states = { counting: "counting", running: "running" };

  return {
    read,
    async create(request) {
      const { ids, ...kept } = request;
      const values = valuesOf({
        ...{ request: kept, ids, state: request.dryRun ? "counting" : "running" },
        progress: { counts: { matched: 0, done: 0, skipped: 0, failed: 0 } } satisfies ActionProgress,
        ...{ leaseUntil: 0, expiresAt: Math.floor(Date.parse(request.startedAt) / 1_000) + retentionSeconds },
      });
      const fields = Object.entries(values).map(([name, value]) => [name.slice(1), value] as const);
      const { Key } = itemOf(request.id);
      const put = new PutItemCommand({
        ...{ TableName, Item: { ...Key, ...Object.fromEntries(fields) } },
        ConditionExpression: "attribute_not_exists(#item)",
        ExpressionAttributeNames: namesIn("#item"),
      });
      return (await ifConditionHolds(client.send(put))) ? undefined : read(request.id);
    },
    async list(tenant) {
      const query = {
        TableName,
        KeyConditionExpression: "#key = :action",
        ProjectionExpression: "#request, #state, #progress, #finishedAt",
        ExpressionAttributeNames: namesIn("#key #request #state #progress #finishedAt"),
        ExpressionAttributeValues: valuesOf({ action: "action" }),
      };
      const all: ActionItem[] = [];
      // A page is read by the items' whole size: 26 actions of 1,000 ids each may fill one.
      for await (const { Items = [] } of paginateQuery({ client }, query)) all.push(...Items.map(decode));
      return all
        .filter(({ request }) => tenant === undefined || request.tenant === tenant)
        .sort((one, other) => (one.request.startedAt < other.request.startedAt ? 1 : -1))
        .slice(0, listed);
    },
    take: (id, run, now) =>
      update(id, "SET #run = :run, #leaseUntil = :until", `${going} AND #leaseUntil <= :now`, {
        ...{ ...states, run, now, until: now + leaseMilliseconds },
      }),
    async report(id, run, { leaseUntil, finishedAt, ...progress }) {
      const change = `SET #progress = :progress, #leaseUntil = :leaseUntil${finishedAt === undefined ? "" : ", #state = :done, #finishedAt = :finishedAt"}`;
      // An action that was stopped meanwhile stays so, and says what was done of it.
      const ends = finishedAt === undefined ? "" : ` AND ${going}`;
      const values = { run, progress, leaseUntil, finishedAt };
      const done = await update(id, change, `#run = :run${ends}`, {
        ...values,
        ...(finishedAt !== undefined && { ...states, done: "done" }),
      });
      if (done || finishedAt === undefined) return done?.state;
      const stopped = await update(id, "SET #progress = :progress", "#run = :run", { run, progress });
      return stopped?.state;
    },
    async stop(id, finishedAt) {
      const change = "SET #state = :stopped, #finishedAt = :finishedAt";
      return (await update(id, change, going, { ...states, stopped: "stopped", finishedAt })) ?? read(id);
    },
  };
}

function decode({ request, ids, state, progress, finishedAt }: Item): ActionItem {
  return {
    request: {
      ...(JSON.parse(request!.S!) as ActionRequest),
      ...(ids?.S !== undefined && { ids: JSON.parse(ids.S) as string[] }),
    },
    state: state!.S as ActionItem["state"],
    ...(JSON.parse(progress!.S!) as ActionProgress),
    ...(finishedAt?.S !== undefined && { finishedAt: finishedAt.S }),
  };
}
