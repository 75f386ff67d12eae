import { DynamoDBClient, ListTablesCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import { JobClient } from "../../../client/index";
import { runCli } from "../../cli/support";
import { rejection, until } from "../../local-cloud/support";
import { groupOf, hasSaid } from "../support/fleet";
import { createHandlers, type Handlers, type Journey, startJourney } from "../support/stack";

/** Does a part, says so, and goes on only once the attempt is interrupted; the third attempt fails by itself. */
const parts = `
const done = (job.checkpoint?.parts ?? 0) + 1;
note("part " + done + " " + job.id);
context.checkpoint({ parts: done });
if (done === 4 && job.payload.isSick && job.attempt < 3) throw Object.assign(new Error("sick"), { permanent: true });
if (done === 5 || (done === 4 && !job.payload.isSick)) return { parts: done };
if (done === 3) throw new Error("asked to");
while (!context.signal.aborted) await sleep(50);
note("stopped " + context.signal.reason.message);`;

const command = [
  'n=$(( $(cat "$JOB_CHECKPOINT" 2>/dev/null | tr -dc 0-9) + 1 ))',
  'echo "checkpoint {\\"parts\\": $n}"',
  "[ $n -lt 3 ] && exit 1",
  'echo "{\\"parts\\": $n}"',
].join("; ");

describe("checkpoints", () => {
  let handlers: Handlers;
  let journey: Journey;
  let payloads: string;

  before(async () => {
    handlers = createHandlers({ parts });
    const brief = { slots: 1, drainSeconds: 1, backoffSeconds: 0.1, minInstances: 1, maxAttempts: 5 };
    journey = await startJourney(
      [
        { name: "parts", handler: "parts", ...brief },
        { name: "shell", command: ["sh", "-c", command], ...brief },
      ],
      handlers,
      {},
      { workerEnvironment: { WORKER_VISIBILITY_TIMEOUT_SECONDS: "6" } },
    );
    const { TableNames: names = [] } = await journey.dynamodb.send(new ListTablesCommand({}));
    payloads = names.find((name) => name.includes("payloads"))!;
  });

  after(async () => {
    await journey?.stop();
    handlers?.remove();
  });

  const partsOf = (id: string) => handlers.ledger().filter((line) => line.startsWith("part") && line.endsWith(id));
  const begun = (id: string, part: number) => until(() => partsOf(id).includes(`part ${part} ${id}`));

  it("carry a job over a spot notice, its worker's death, and failures, to its end and through a retry", async () => {
    const id = await journey.submit("parts", { isSick: true });
    await begun(id, 1);
    const { id: instanceId } = groupOf(journey, "parts").instances[0]!;
    expect((await journey.call("POST", "/_local/interrupt", { instanceId })).status).to.equal(202);
    await begun(id, 2);
    expect(handlers.ledger()).to.include("stopped The worker is shutting down: spot-interruption");
    // The write that began with the part's end.
    await until(async () => (await stored(id)) === '{"parts":2}');
    const other = () =>
      groupOf(journey, "parts").instances.find(
        (each) => each.id !== instanceId && hasSaid(journey, each.id, "job-started"),
      );
    await until(other);
    other()!.kill();
    const failed = await journey.reaches(id, "failed");
    expect(failed.checkpointAt).to.be.a("string");
    expect(new Date(String(failed.checkpointAt)).toISOString()).to.equal(failed.checkpointAt);
    const client = new JobClient({ url: journey.url });
    expect((await client.get(id)).checkpointAt).to.equal(failed.checkpointAt);
    const status = await runCli(["--url", journey.url, "status", id]);
    expect(status.stdout).to.match(new RegExp(`checkpoint +${String(failed.checkpointAt)}`));
    await client.retry(id);
    expect((await journey.reaches(id, "succeeded")).result).to.deep.equal({ parts: 5 });
    expect(partsOf(id)).to.deep.equal([1, 2, 3, 4, 5].map((part) => `part ${part} ${id}`));
  });

  it("reach a command by the file that JOB_CHECKPOINT names", async () => {
    const id = await journey.submit("shell", {});
    expect(await journey.reaches(id, "succeeded")).to.deep.include({ result: { parts: 3 }, attempts: 3 });
  });

  it("are out of reach for the workers of other types", async () => {
    const { cloud } = journey;
    const [roleArn] = cloud.iam.roles.list().flatMap(({ arn }) => (arn.includes("-shell-fleet-") ? [arn] : []));
    const credentials = cloud.callers.issue({ name: "i-1", roleArn });
    const client = new DynamoDBClient({ endpoint: cloud.endpoint, region: cloud.region, credentials, maxAttempts: 1 });
    const touch = (type: string) =>
      client.send(
        new UpdateItemCommand({
          TableName: payloads,
          Key: { type: { S: type }, item: { S: "any#checkpoint" } },
          UpdateExpression: "SET claim = :claim",
          ExpressionAttributeValues: { ":claim": { N: "1" } },
        }),
      );
    await touch("shell");
    expect((await rejection(touch("parts"))).name).to.equal("AccessDeniedException");
    client.destroy();
  });

  async function stored(id: string): Promise<string | undefined> {
    const { Item: item } = await journey.cloud.calls.dynamodb<{ Item?: { json?: { S: string } } }>("GetItem", {
      ...{ TableName: payloads, ConsistentRead: true },
      Key: { type: { S: "parts" }, item: { S: `${id}#checkpoint` } },
    });
    return item?.json?.S;
  }
});
