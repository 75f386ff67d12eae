import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { refuse } from "../../../../local-cloud/wire/awsRequest";
import type { Service } from "../../../../local-cloud/wire/service";
import { type Journey } from "../stack";

/** Random numbers from 0 to 1 that a seed repeats (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Share of calls to AWS that are refused, that are late, and that are carried out though their answer never comes. */
const shares = { refused: 0.02, late: 0.02, unanswered: 0.01 };
const longestDelayMilliseconds = 1_500;

/** Makes calls to SQS, SNS and DynamoDB fail, until the returned function is called. */
export function injectFaults({ cloud }: Journey, random: () => number): () => void {
  const originals = new Map<string, Service>();
  for (const name of ["sqs", "sns", "dynamodb"]) {
    const service = cloud.services.get(name)!;
    originals.set(name, service);
    cloud.services.set(name, { ...service, handle: (request, response) => strike(service, request, response, random) });
  }
  return () => originals.forEach((service, name) => cloud.services.set(name, service));
}

async function strike(
  service: Service,
  request: Parameters<Service["handle"]>[0],
  response: ServerResponse,
  random: () => number,
): Promise<void> {
  const draw = random();
  if (draw < shares.refused) {
    return refuse(response, service.protocol, { status: 500, code: "InternalError", message: "Chaos" });
  }
  if (draw < shares.refused + shares.late) await sleep(random() * longestDelayMilliseconds);
  if (draw > 1 - shares.unanswered) {
    response.end = () => {
      response.destroy();
      return response;
    };
  }
  await service.handle(request, response);
}

/** Harm done to a worker, or to a function's environment. Attempts of it may be lost. */
export interface Loss {
  /** The worker's instance id, or the function's name. */
  victim: string;
  /** Time of the harm. An attempt that was run again before then was not lost by it. */
  from: number;
  /**
   * Time at which the worker went on. Attempts begun afterwards are not lost. @default - it is dead, and did not go on
   */
  until?: number;
}

/** A job of the journey. */
export interface ChaosJob {
  id: string;
  type: string;
  payload: object;
  maxAttempts?: number;
  /** Text of its error, if it is to fail. */
  ends?: RegExp;
}

/** A kind of jobs that do harm, or mean to, among the good ones. */
export interface BadJobs {
  /** First step of the handler of `mixed`; with `line(what)` and `sleep(ms)`. */
  handler?: string;
  /** The processor of their own, and its program for Node; with `note(line)`. */
  processor?: { name: string; program: string };
  create(random: () => number): Omit<ChaosJob, "id">[];
  /** Things that must be gone at the end and are still there. */
  leftovers?(): string[];
}

/** Kills a worker or a function's environment every so often, until aborted; gives who was killed when. */
export async function killAtRandom({ cloud }: Journey, random: () => number, signal: AbortSignal): Promise<Loss[]> {
  const kills: Loss[] = [];
  while (!signal.aborted) {
    await sleep(300 + random() * 1_200, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    if (random() < 0.5) {
      const instances = cloud.groups.list().flatMap((group) => group.instances);
      const victim = instances[Math.floor(random() * instances.length)];
      if (!victim) continue;
      kills.push({ victim: victim.id, from: Date.now() });
      victim.kill();
    } else {
      const functions = cloud.lambdas.list().flatMap(({ spec, pids }) => pids.map((pid) => ({ name: spec.name, pid })));
      const victim = functions[Math.floor(random() * functions.length)];
      if (!victim) continue;
      kills.push({ victim: victim.name, from: Date.now() });
      process.kill(victim.pid, "SIGKILL");
    }
  }
  return kills;
}

/** A failed attempt whose job is to run again, as its worker has written. */
export interface Retry {
  id: string;
  attempt: number;
  worker: string;
  at: number;
}

/** Writes to the table of records. */
export interface Written {
  /** Time at which each job's success was recorded. */
  completions: Map<string, number>;
  retries: Retry[];
}

/** Notes what the table of records takes. Logs may lack it: a worker that is killed says no more. */
export function watchRecords({ cloud }: Journey): Written {
  const written: Written = { completions: new Map(), retries: [] };
  const service = cloud.services.get("dynamodb")!;
  cloud.services.set("dynamodb", {
    ...service,
    handle: (request, response) => {
      const note = noteOf(request.body.toString(), written);
      if (note) {
        const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse;
        response.end = (...args: unknown[]) => {
          if (response.statusCode === 200) note();
          return end(...args);
        };
      }
      return service.handle(request, response);
    },
  });
  return written;
}

/** Notes an UpdateItem of a worker that ends an attempt; to be called once the table has taken it. */
function noteOf(body: string, { completions, retries }: Written): (() => void) | undefined {
  if (!body.includes("UpdateExpression")) return undefined;
  const { Key, ExpressionAttributeValues: values = {} } = JSON.parse(body) as {
    Key: { id: { S: string } };
    ExpressionAttributeValues?: Record<string, { S?: string; N?: string } | undefined>;
  };
  const id = Key.id.S;
  const state = values[":set_state"]?.S;
  if (state === "succeeded") {
    return () => {
      if (!completions.has(id)) completions.set(id, Date.now());
    };
  }
  const [worker, attempt] = [values[":worker"]?.S, values[":attempt"]?.N];
  // One that gives its job back, or finds that it was lost, sets the number of attempts.
  if (state !== "queued" || worker === undefined || attempt === undefined || ":set_attempts" in values)
    return undefined;
  const retry = { id, attempt: Number(attempt), worker, at: Date.now() };
  return () => void retries.push(retry);
}
