import { DeleteMessageBatchCommand, ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { setTimeout as sleep } from "node:timers/promises";
import { createRandom, injectFaults, Kill, killAtRandom, watchCompletions } from "./chaos";
import { browseAtRandom } from "./hostilePage";
import { createHandlers, Handlers, Journey, startJourney } from "./support";

const seeds = (process.env.CHAOS_SEEDS ?? "1,2").split(",").map(Number);
const jobCount = Number(process.env.CHAOS_JOBS ?? 2_000);
const submitters = 8;

interface ChaosJob {
  id: string;
  type: "mixed";
  payload: { ms: number; failures: number };
}

/** A line of the handlers' ledger. */
interface Entry {
  what: "start" | "end";
  id: string;
  attempt: number;
  worker: string;
  at: number;
}

/** `CHAOS_SEEDS=7 npm run test:chaos` repeats a seed's decisions; the machine's own timing can't be repeated. */
describe("chaos", () => {
  for (const seed of seeds) {
    it(`loses no job of ${jobCount} and repeats none without a reason, with seed ${seed}`, async function () {
      this.timeout(300_000);
      const handlers = createHandlers({
        mixed: `const line = (what) => note([what, job.id, job.attempt, process.env.WORKER_ID, Date.now()].join(" "));
line("start");
await sleep(job.payload.ms);
line("end");
if (job.attempt <= job.payload.failures) throw new Error("failure " + job.attempt);
return { attempt: job.attempt };`,
      });
      const settings = {
        slots: 8,
        minInstances: 3,
        visibilityTimeoutSeconds: 3,
        backoffSeconds: 0.1,
        maxBackoffSeconds: 1,
        maxAttempts: 12,
      };
      const journey = await startJourney([{ name: "mixed", handler: "mixed", ...settings }], handlers);
      try {
        await runSeed(seed, journey, handlers);
      } finally {
        await journey.stop();
        handlers.remove();
      }
    });
  }
});

async function runSeed(seed: number, journey: Journey, handlers: Handlers): Promise<void> {
  const random = createRandom(seed);
  const jobs = Array.from({ length: jobCount }, (_, index) => createJob(seed, index, random));
  const completions = watchCompletions(journey);
  const endFaults = injectFaults(journey, createRandom(seed + 1_000));
  const killing = new AbortController();
  const kills = killAtRandom(journey, createRandom(seed + 2_000), killing.signal);
  const letIn = browseAtRandom(journey, createRandom(seed + 3_000), killing.signal);
  const queue = [...jobs];
  await Promise.all(Array.from({ length: submitters }, () => submitAll(journey, queue, random)));
  await sleep(2_000);
  killing.abort();
  endFaults();
  expect(await letIn, "requests of a hostile page that were not refused").to.deep.equal([]);
  const finals = await finalStates(journey, jobs);
  checkOutcomes(jobs, finals, await deadLetters(journey));
  checkLedger(parseLedger(handlers), completions, await kills, journey);
}

function createJob(seed: number, index: number, random: () => number): ChaosJob {
  const ms = random() < 0.95 ? Math.floor(random() * 40) : Math.floor(random() * 2_000);
  const failures = random() < 0.05 ? 1 + Math.floor(random() * 2) : random() < 0.01 ? 99 : 0;
  return { id: `chaos-${seed}-${index}`, type: "mixed", payload: { ms, failures } };
}

/** Submits jobs until each is accepted, as a client would: the same job again after an error. Some messages come twice. */
async function submitAll(journey: Journey, queue: ChaosJob[], random: () => number): Promise<void> {
  for (let job = queue.pop(); job; job = queue.pop()) {
    for (let tries = 0; ; tries++) {
      const status = await journey.call("POST", "/jobs", job).then(
        (answer) => answer.status,
        () => 0,
      );
      if (status === 202) break;
      if (tries > 100 || (status > 0 && status < 500)) throw new Error(`${job.id} was refused: ${status}`);
      await sleep(50);
    }
    if (random() < 0.03) await duplicate(journey, job);
  }
}

async function duplicate(journey: Journey, job: ChaosJob): Promise<void> {
  const envelope = { version: 1, ...job, submittedAt: new Date().toISOString() };
  const command = new SendMessageCommand({
    QueueUrl: journey.outputs.queueUrls.mixed,
    MessageBody: JSON.stringify(envelope),
  });
  await journey.sqs.send(command);
}

/** Waits until every job has ended, and gives how. */
async function finalStates(journey: Journey, jobs: ChaosJob[]): Promise<Map<string, string>> {
  const finals = new Map<string, string>();
  for (const end = Date.now() + 120_000; finals.size < jobs.length;) {
    for (const { id } of jobs.filter((job) => !finals.has(job.id))) {
      const { body } = await journey.call("GET", `/jobs/${id}`);
      if (body.state === "succeeded" || body.state === "failed") finals.set(id, body.state);
      else if (Date.now() > end) throw new Error(`${id} is stuck: ${JSON.stringify(body)}\n${linesAbout(id, journey)}`);
    }
    await sleep(200);
  }
  return finals;
}

function linesAbout(id: string, { logs }: Journey): string {
  const told = logs.filter(({ line }) => line.includes(`"${id}"`));
  return told.map(({ name, line }) => `${name}: ${line}`).join("\n");
}

/** The last that a worker said, and what was said of it. */
function linesOf(worker: string, { logs }: Journey): string {
  const told = logs.filter(({ name, line }) => name === worker || line.includes(worker));
  return told
    .slice(-20)
    .map(({ name, line }) => `${name}: ${line}`)
    .join("\n");
}

async function deadLetters({ sqs, outputs }: Journey): Promise<Map<string, string>> {
  const letters = new Map<string, string>();
  const QueueUrl = outputs.deadLetterQueueUrls.mixed;
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ["All"] }),
    );
    if (Messages.length === 0) return letters;
    for (const { Body, MessageAttributes } of Messages) {
      letters.set((JSON.parse(Body!) as { id: string }).id, MessageAttributes?.reason?.StringValue ?? "");
    }
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  }
}

/** Each job ended as it should have, and each that failed is a dead letter with its reason. */
function checkOutcomes(jobs: ChaosJob[], finals: Map<string, string>, letters: Map<string, string>): void {
  for (const { id, payload } of jobs) {
    expect(finals.get(id), id).to.equal(payload.failures === 99 ? "failed" : "succeeded");
    if (finals.get(id) === "failed") expect(letters.get(id), `reason of ${id}`).to.be.a("string").and.not.equal("");
  }
}

function parseLedger(handlers: Handlers): Entry[] {
  return handlers.ledger().map((line) => {
    const [what, id, attempt, worker, at] = line.split(" ") as [Entry["what"], string, string, string, string];
    return { what, id, attempt: Number(attempt), worker, at: Number(at) };
  });
}

/** No start after a recorded completion, no attempt twice, and a cause for each repeat. */
function checkLedger(entries: Entry[], completions: Map<string, number>, kills: Kill[], journey: Journey): void {
  const byJob = new Map<string, Entry[]>();
  for (const entry of entries) byJob.set(entry.id, [...(byJob.get(entry.id) ?? []), entry]);
  for (const [id, ofJob] of byJob) {
    const starts = ofJob.filter(({ what }) => what === "start");
    const completed = completions.get(id) ?? Infinity;
    for (const { at, attempt } of starts) expect(at, `start of ${id}, attempt ${attempt}`).to.be.at.most(completed);
    // An attempt that was lost with its worker doesn't count: the next one has its number.
    const counted = starts.filter(({ worker, at }) => !isLost(worker, at, kills)).map(({ attempt }) => attempt);
    expect(new Set(counted).size, `attempts of ${id}: ${counted.join()}`).to.equal(counted.length);
    for (const start of starts.slice(0, -1)) {
      const cause = causeOf(start, kills, journey);
      const told = [linesAbout(id, journey), linesOf(start.worker, journey), JSON.stringify(kills)].join("\n");
      expect(cause, `repeat of ${id}, attempt ${start.attempt}\n${told}`).to.exist;
    }
  }
}

function isLost(worker: string, since: number, kills: Kill[]): boolean {
  return kills.some(({ victim, at }) => victim === worker && at >= since);
}

/** Why a job was run again after this attempt. */
function causeOf(start: Entry, kills: Kill[], { logs }: Journey): string | undefined {
  if (isLost(start.worker, start.at, kills)) return "its worker was killed";
  const told = logs.filter(({ name, line }) => name === start.worker && line.includes(`"${start.id}"`));
  return ["job-retried", "job-lost", "settling-retried", "heartbeat-failed", "job-failed"].find((event) =>
    told.some(({ line }) => line.includes(event)),
  );
}
