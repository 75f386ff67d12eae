import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DeleteMessageBatchCommand, ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { until } from "../local-cloud/support";
import { testSeeds } from "../support/seed";
import { blockingJobs } from "./support/chaos/blockingJobs";
import {
  type ChaosJob,
  createRandom,
  injectFaults,
  killAtRandom,
  type Loss,
  watchRecords,
} from "./support/chaos/chaos";
import { checkLedger, linesAbout, parseEntry } from "./support/chaos/chaosLedger";
import { crashingJobs } from "./support/chaos/crashingJobs";
import { freezeAtRandom } from "./support/chaos/frozenWorkers";
import { browseAtRandom } from "./support/chaos/hostilePage";
import { straySessions } from "./support/chaos/straySessions";
import { type Answer, createHandlers, type Handlers, type Journey, startJourney } from "./support/stack";

const jobCount = Number(process.env.CHAOS_JOBS ?? 500);
const submitters = 8;
/** Longer than any pause of a message in the journey: suspects are hidden for 30 s. */
const stuckMilliseconds = 120_000;

const badJobs = [crashingJobs, blockingJobs, straySessions];

/**
 * `TEST_SEED=7 TEST_ROUNDS=1 npm run test:chaos` repeats a seed's decisions; the machine's own timing can't be
 * repeated.
 */
describe("chaos", () => {
  for (const seed of testSeeds(2)) {
    it(`loses no job of ${jobCount} and repeats none without a reason, with seed ${seed}`, async () => {
      const handlers = createHandlers({
        mixed: `const line = (what) => note([what, job.id, job.attempt, process.env.WORKER_ID, Date.now()].join(" "));
line("start");
${badJobs.map(({ handler }) => handler ?? "").join("\n")}
await sleep(job.payload.ms);
line("end");
if (job.attempt <= job.payload.failures) throw new Error("failure " + job.attempt);
return { attempt: job.attempt };`,
      });
      const settings = {
        slots: 8,
        minInstances: 3,
        backoffSeconds: 0.1,
        maxAttempts: 12,
        timeoutSeconds: 5,
      };
      const processors = [{ name: "mixed", handler: "mixed", ...settings }, ...commandsOf(handlers, settings)];
      const workerEnvironment = { WORKER_VISIBILITY_TIMEOUT_SECONDS: "3", WORKER_MAX_BACKOFF_SECONDS: "1" };
      const journey = await startJourney(processors, handlers, {}, { workerEnvironment });
      try {
        await runSeed(seed, journey, handlers);
      } finally {
        await journey.stop();
        handlers.remove();
      }
    });
  }
});

/** The processors of bad jobs that are commands. */
function commandsOf(handlers: Handlers, settings: object) {
  return badJobs.flatMap(({ processor }) => {
    if (!processor) return [];
    const file = join(dirname(handlers.workerMain), `${processor.name}.js`);
    writeFileSync(file, `${handlers.noteSource}\n${processor.program}`);
    const { name } = processor;
    return [{ name, command: [process.execPath, file], ...settings, slots: 4, minInstances: 1 }];
  });
}

async function runSeed(seed: number, journey: Journey, handlers: Handlers): Promise<void> {
  const random = createRandom(seed);
  const jobs = createJobs(seed, random);
  const written = watchRecords(journey);
  const endFaults = injectFaults(journey, createRandom(seed + 1_000));
  const killing = new AbortController();
  const kills = killAtRandom(journey, createRandom(seed + 2_000), killing.signal);
  const letIn = browseAtRandom(journey, createRandom(seed + 3_000), killing.signal);
  const freezes = freezeAtRandom(journey, createRandom(seed + 4_000), killing.signal);
  const queue = [...jobs];
  await Promise.all(Array.from({ length: submitters }, () => submitAll(journey, queue, random)));
  await sleep(2_000);
  killing.abort();
  endFaults();
  expect(await letIn, "requests of a hostile page that were not refused").to.deep.equal([]);
  const finals = await finalStates(journey, jobs);
  const faults = [...(await kills), ...(await freezes)];
  const letters = await deadLetters(journey);
  checkOutcomes(jobs, finals, letters, faults, journey.logs);
  const untold = jobs.filter(({ id }) => finals.get(id)!.state === "succeeded" && !written.completions.has(id));
  expect(untold, "jobs that succeeded though no worker has recorded it").to.deep.equal([]);
  checkLedger(handlers.ledger().map(parseEntry), { ...written, losses: faults, logs: journey.logs });
  const left = () => badJobs.flatMap((kind) => kind.leftovers?.() ?? []);
  await until(
    () => left().length === 0,
    () => `the end of ${left().join(", ")}`,
  );
}

/** Good ones, with the bad ones anywhere among them. */
function createJobs(seed: number, random: () => number): ChaosJob[] {
  const jobs: Omit<ChaosJob, "id">[] = Array.from({ length: jobCount }, () => createJob(random));
  for (const bad of badJobs.flatMap((kind) => kind.create(random))) {
    jobs.splice(Math.floor(random() * jobs.length), 0, bad);
  }
  return jobs.map((job, index) => ({ id: `chaos-${seed}-${index}`, ...job }));
}

function createJob(random: () => number): Omit<ChaosJob, "id"> {
  const ms = random() < 0.95 ? Math.floor(random() * 40) : Math.floor(random() * 2_000);
  const failures = random() < 0.05 ? 1 + Math.floor(random() * 2) : random() < 0.01 ? 99 : 0;
  return { type: "mixed", payload: { ms, failures }, ...(failures === 99 && { ends: /^failure 12$/ }) };
}

/**
 * Submits jobs until each is accepted, as a client would: the same job again after an error. Some messages come twice.
 */
async function submitAll(journey: Journey, queue: ChaosJob[], random: () => number): Promise<void> {
  for (let job = queue.pop(); job; job = queue.pop()) {
    // The API takes no number of attempts, a message does.
    if (job.maxAttempts !== undefined) await send(journey, job);
    else await submit(journey, job);
    if (random() < 0.03) await send(journey, job);
  }
}

async function submit(journey: Journey, { id, type, payload }: ChaosJob): Promise<void> {
  for (let tries = 0; ; tries++) {
    const status = await journey.call("POST", "/jobs", { id, type, payload }).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 202) return;
    if (tries > 100 || (status > 0 && status < 500)) throw new Error(`${id} was refused: ${status}`);
    await sleep(50);
  }
}

async function send({ sqs, outputs }: Journey, { id, type, payload, maxAttempts }: ChaosJob): Promise<void> {
  const envelope = { version: 1, id, type, payload, maxAttempts, submittedAt: new Date().toISOString() };
  const QueueUrl = outputs.queueUrls[type];
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(envelope) }));
}

/**
 * Waits until every job has ended, and gives how. A job is stuck once none has ended for long, however slow the machine
 * is.
 */
async function finalStates(journey: Journey, jobs: ChaosJob[]): Promise<Map<string, Answer["body"]>> {
  const finals = new Map<string, Answer["body"]>();
  for (let latest = Date.now(); finals.size < jobs.length;) {
    for (const { id } of jobs.filter((job) => !finals.has(job.id))) {
      const { body } = await journey.call("GET", `/jobs/${id}`);
      if (body.state === "succeeded" || body.state === "failed") {
        finals.set(id, body);
        latest = Date.now();
      } else if (Date.now() - latest > stuckMilliseconds) {
        throw new Error(`${id} is stuck: ${JSON.stringify(body)}\n${linesAbout(id, journey.logs)}`);
      }
    }
    await sleep(200);
  }
  return finals;
}

async function deadLetters({ sqs, outputs }: Journey): Promise<Map<string, string>> {
  const letters = new Map<string, string>();
  for (const QueueUrl of Object.values(outputs.deadLetterQueueUrls)) {
    for (;;) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ["All"] }),
      );
      if (Messages.length === 0) break;
      for (const { Body, MessageAttributes } of Messages) {
        letters.set((JSON.parse(Body!) as { id: string }).id, MessageAttributes?.reason?.StringValue ?? "");
      }
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    }
  }
  return letters;
}

/** Each job ended as it should have, and each that failed is a dead letter with its reason. */
function checkOutcomes(
  jobs: ChaosJob[],
  finals: Map<string, Answer["body"]>,
  letters: Map<string, string>,
  faults: Loss[],
  logs: Journey["logs"],
): void {
  for (const { id, payload, ends } of jobs) {
    const { state, error } = finals.get(id) as { state: string; error?: { name: string; message: string } };
    if (state === "failed") expect(letters.get(id), `reason of ${id}`).to.be.a("string").and.not.equal("");
    if (isUnlucky(error, faults)) continue;
    const isAsMeant = ends ? state === "failed" && ends.test(error!.message) : state === "succeeded";
    if (isAsMeant) continue;
    const about = `${id} ${JSON.stringify(payload)}: ${error?.name}: ${error?.message}; letter: ${letters.get(id)}`;
    throw new Error(`${about}\n${linesAbout(id, logs)}\n${JSON.stringify(faults)}`);
  }
}

/** True if harm to workers, and not by jobs, hit this job twice while it ran alone. */
function isUnlucky(error: { name: string; message: string } | undefined, faults: Loss[]): boolean {
  return error?.name === "WorkerLost" && faults.some(({ victim }) => error.message.includes(`(${victim})`));
}
