import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { groupOf } from "./fleet";
import { createHandlers, Handlers, Journey, startJourney } from "./support";

/** Nothing happens by the minute here: whatever wakes a fleet was told to. */
const byTheHour = { scheduleSeconds: 3_600, stopGraceSeconds: 1 };

/** Asks until there is an answer. */
async function eventually<T>(ask: () => Promise<T | undefined>, seconds = 30): Promise<T> {
  const end = Date.now() + seconds * 1_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`Expected an answer within ${seconds} s: ${String(ask)}`);
    await sleep(50);
  }
}

describe("a job that waits", function () {
  this.timeout(60_000);
  let handlers: Handlers;
  let journey: Journey;

  before(async () => {
    handlers = createHandlers({
      echo: "return job.payload;",
      // As a handler of one type may: with its worker's own credentials.
      greedy: `
        const { LambdaClient, InvokeCommand } = require("@aws-sdk/client-lambda");
        const invoke = (FunctionName) =>
          new LambdaClient({ maxAttempts: 1 }).send(
            new InvokeCommand({ FunctionName, InvocationType: "Event", Payload: JSON.stringify(job.payload) }),
          );
        const name = process.env.WORKER_SCALER_FUNCTION;
        const { StatusCode } = await invoke(name);
        const refused = await invoke(name.replace(/:[^:]*$/, "")).then(() => "nothing", (error) => error.name);
        return { StatusCode, refused };`,
    });
    const brief = { slots: 1, drainSeconds: 1, idleSeconds: 1, maxKeepSeconds: 1 };
    journey = await startJourney(
      [
        { name: "broken", handler: "invoice", maxInstances: 1, ...brief },
        { name: "greedy", handler: "greedy", minInstances: 1, maxInstances: 5, ...brief },
        { name: "other", handler: "echo", maxInstances: 5, ...brief },
      ],
      handlers,
      {},
      byTheHour,
    );
  });

  after(async () => {
    await journey.stop();
    handlers.remove();
  });

  const typeNamed = async (name: string) =>
    ((await journey.call("GET", "/types")).body.types as { type: string; launchProblem?: string }[]).find(
      ({ type }) => type === name,
    )!;

  it("has its type say at once why a worker can't start", async () => {
    await journey.submit("broken", {});
    const problem = await eventually(async () => (await typeNamed("broken")).launchProblem);
    expect(problem).to.match(/^A worker did not start: .*"invoice"/);
  });

  it("gets no more instances by what a worker says than its queue holds, and other types get none", async () => {
    const id = await journey.submit("greedy", { sent: { greedy: 1e6, other: 1e6, broken: 1e6 } });
    const { result } = await journey.reaches(id, "succeeded", 20);
    expect(result).to.deep.equal({ StatusCode: 202, refused: "AccessDeniedException" });
    const scaler = journey.cloud.lambdas.list().find(({ spec }) => spec.name.includes("scaler"))!;
    // The worker's event has been taken by the time that another is answered: there is one run for a type at a time.
    await scaler.invoke(JSON.stringify({ sent: { other: 0 } }));
    expect(groupOf(journey, "other").desiredCapacity).to.equal(0);
    expect(groupOf(journey, "greedy").desiredCapacity).to.be.at.most(1);
  });
});
