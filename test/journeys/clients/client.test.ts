import { ScanCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import { type Job, JobClient, WaitTimeoutError } from "../../../client/index";
import { rejection, until } from "../../local-cloud/support";
import { testSeed } from "../../support/seed";
import { startCuttingProxy } from "../support/cuttingProxy";
import { createHandlers, type Handlers, type Journey, startJourney } from "../support/stack";

interface Types {
  echo: { payload: unknown; result: { payload: unknown } };
  slow: { payload: "until told" | null; result: undefined };
  bad: { payload: null; result: never };
}

describe("the client on the local cloud", () => {
  let handlers: Handlers;
  let journey: Journey;
  let client: JobClient<Types>;

  before(async () => {
    handlers = createHandlers({
      echo: `note(job.id); return { payload: job.payload };`,
      slow: `if (job.payload) return sleep(60000, undefined, { signal: context.signal });
        context.progress(0.25, "a quarter"); await released(job, context); context.progress(0.75);`,
      bad: `throw Object.assign(new TypeError("never any good"), { permanent: true });`,
    });
    const processors = ["echo", "slow", "bad"].map((name) => ({
      name,
      handler: name,
      description: `Does ${name}`,
      minInstances: 1,
    }));
    journey = await startJourney(processors, handlers);
    client = new JobClient<Types>({ url: journey.url });
  });

  after(async () => {
    await journey?.stop();
    handlers?.remove();
  });

  it("submits a job, waits for it, and gets its result", async () => {
    const submitted = await client.submit("echo", { text: "ä\ufffe😀" }, { id: "._-odd.-_" });
    expect(submitted).to.include({ id: "._-odd.-_", type: "echo" });
    const job = await client.wait(submitted);
    expect(job).to.deep.include({ state: "succeeded", attempts: 1, result: { payload: { text: "ä\ufffe😀" } } });
    expect(await client.get(submitted, { payload: false })).to.deep.equal(job);
    expect(await client.get(submitted)).to.deep.equal({ ...job, payload: { text: "ä\ufffe😀" } });
  });

  it("reports progress while it waits", async () => {
    const seen: Job[] = [];
    const submitted = await client.submit("slow", null);
    await client.wait(submitted, {
      onProgress: (job) => {
        seen.push(job);
        if (job.progress?.fraction === 0.25) handlers.release(job.id);
      },
    });
    expect(seen.map(({ progress }) => progress)).to.deep.include({ fraction: 0.25, note: "a quarter" });
    expect(seen.at(-1)).to.include({ state: "succeeded" });
  });

  it("stops waiting at the timeout, and the job continues", async () => {
    const submitted = await client.submit("slow", null);
    const error = await rejection(client.wait(submitted, { timeoutSeconds: 0.5 }));
    expect(error).to.be.instanceOf(WaitTimeoutError);
    handlers.release(submitted.id);
    expect(await client.wait(submitted)).to.include({ state: "succeeded" });
  });

  it("returns a job that failed, with the reason", async () => {
    const job = await client.wait(await client.submit("bad", null));
    expect(job.state).to.equal("failed");
    expect(job.error).to.include({ name: "TypeError", message: "never any good" });
  });

  it("throws what the API refuses as typed errors", async () => {
    await client.submit("echo", 1, { id: "taken" });
    expect(await rejection(client.submit("echo", 2, { id: "taken" }))).to.include({ code: "conflict", status: 409 });
    expect(await rejection(client.get("nobody"))).to.include({ code: "job-not-found", status: 404 });
    const anyType = new JobClient({ url: journey.url });
    expect(await rejection(anyType.submit("nonsense", 1))).to.include({ code: "unknown-type", status: 422 });
    const wrong = await rejection(client.submit("echo", 1, { tenant: "no\nbody" }));
    expect(wrong).to.include({ code: "invalid-request" });
    expect(wrong).to.have.nested.property("errors[0].path", "/tenant");
  });

  it("makes one job of a key, however often it is submitted at once", async () => {
    const submit = () => client.submit("echo", "once", { idempotencyKey: "one key" });
    const submitted = await Promise.all(Array.from({ length: 50 }, submit));
    const ids = new Set(submitted.map(({ id }) => id));
    expect(ids.size).to.equal(1);
    await client.wait(submitted[0]!);
    expect(handlers.ledger().filter((id) => ids.has(id))).to.have.length(1);
  });

  it("submits many, and says which were refused", async () => {
    const jobs = Array.from({ length: 230 }, (_, index) => ({
      type: "echo" as const,
      payload: index,
      id: `many-${index}`,
    }));
    const odd = { type: "nonsense" as "echo", payload: 1 };
    const outcomes = await client.submitMany([...jobs, odd]);
    expect(outcomes.slice(0, -1)).to.deep.equal(jobs.map(({ id }) => ({ id, isAccepted: true })));
    expect(outcomes.at(-1)).to.have.nested.property("problem.code", "unknown-type");
    const last = await client.wait<"echo">("many-229");
    expect(last.result).to.deep.equal({ payload: 229 });
  });

  it("cancels a job that runs, and one that waits, and says of one that has ended that it has", async () => {
    const running = await client.submit("slow", "until told");
    await journey.reaches(running.id, "running");
    expect(await client.cancel(running)).to.include({ id: running.id });
    expect(await client.wait(running)).to.include({ state: "cancelled" });
    expect(await client.cancel(running)).to.include({ state: "cancelled" });
    const ended = await client.submit("echo", 1);
    await client.wait(ended);
    expect(await rejection(client.cancel(ended))).to.include({ code: "job-finished", status: 409 });
    expect(await rejection(client.cancel("nobody"))).to.include({ code: "job-not-found" });
  });

  it("lists jobs, newest first, page by page", async () => {
    const ids: string[] = [];
    for (let index = 0; index < 5; index++) ids.push((await client.submit("bad", null)).id);
    for (const id of ids) await client.wait(id);
    const first = await client.list({ type: "bad", limit: 3 });
    expect(first.jobs.map(({ id }) => id)).to.deep.equal([...ids].reverse().slice(0, 3));
    const second = await client.list({ type: "bad", limit: 2, cursor: first.cursor });
    expect(second.jobs.map(({ id }) => id)).to.deep.equal([ids[1], ids[0]]);
    expect((await client.list({ type: "bad", state: "succeeded" })).jobs).to.deep.equal([]);
    expect(await rejection(client.list({ cursor: "nonsense" }))).to.include({ status: 400 });
  });

  it("lists the types", async () => {
    const types = await client.types();
    expect(types.map(({ type, description }) => `${type}: ${description}`).sort()).to.deep.equal([
      "bad: Does bad",
      "echo: Does echo",
      "slow: Does slow",
    ]);
  });

  it("makes exactly the accepted jobs of a burst of 500 while connections are cut at random", async () => {
    const about = `TEST_SEED=${testSeed}`;
    const proxy = await startCuttingProxy(new URL(journey.url), testSeed);
    try {
      const cutClient = new JobClient<Types>({ url: proxy.url, maxAttempts: 25 });
      const before = new Set(await recordedIds());
      const singles = Array.from({ length: 300 }, (_, index) => cutClient.submit("echo", index));
      const several = Array.from({ length: 4 }, (_, part) =>
        cutClient.submitMany(
          Array.from({ length: 50 }, (__, index) => ({ type: "echo", payload: `${part}-${index}` })),
        ),
      );
      const one = (await Promise.all(singles)).map(({ id }) => id);
      const many = (await Promise.all(several)).flat();
      expect(
        many.filter(({ isAccepted }) => !isAccepted),
        about,
      ).to.deep.equal([]);
      const accepted = new Set([...one, ...many.map(({ id }) => id)]);
      expect(accepted.size, about).to.equal(500);
      const recorded = (await recordedIds()).filter((id) => !before.has(id));
      expect(recorded.sort(), about).to.deep.equal([...accepted].sort());
      await until(() => [...accepted].every((id) => handlers.ledger().includes(id)));
      const ended = await Promise.all([...accepted].map((id) => client.wait(id)));
      expect(
        ended.filter(({ state }) => state !== "succeeded"),
        about,
      ).to.deep.equal([]);
      const runs = handlers.ledger().filter((id) => accepted.has(id));
      expect(runs.length, about).to.equal(500);
      for (const [how, count] of Object.entries(proxy.cuts)) expect(count, `${how} ${about}`).to.be.greaterThan(5);
    } finally {
      await proxy.close();
    }
  });

  async function recordedIds(): Promise<string[]> {
    const ids: string[] = [];
    let ExclusiveStartKey: Record<string, never> | undefined;
    do {
      const page = await journey.dynamodb.send(
        new ScanCommand({ TableName: journey.outputs.jobTable, ExclusiveStartKey, ConsistentRead: true }),
      );
      ids.push(...(page.Items ?? []).map((item) => item.id!.S!));
      ExclusiveStartKey = page.LastEvaluatedKey as typeof ExclusiveStartKey;
    } while (ExclusiveStartKey);
    return ids;
  }
});
