import type { FieldProblem } from "../../contract/check";
import type { JobTypes } from "../shared/jobTypes";
import { describeError, type Log } from "../shared/log";
import { mapLimited } from "../shared/mapLimited";
import { jobMessage, type QueueMessage, unroutableMessage } from "../shared/queueMessage";
import { type ReadJob, readJobs } from "./readJobs";
import { createSendMessages, type SendFailure, type SendMessagesEffects } from "../shared/sendMessages";
import type { KeepUnsent } from "./keepUnsent";

export const deploymentOnlyModule = true;

/** What the router reads of an SNS event. */
export interface TopicEvent {
  Records: { Sns: { Message: string } }[];
}

export interface RouteJobsEffects extends SendMessagesEffects {
  jobTypes: Pick<JobTypes, "find">;
  unroutableQueueUrl: string;
  /** Without it an event whose jobs can't be sent counts as failed. */
  keepUnsent?: KeepUnsent;
  /** Tells the scaler how many jobs were just sent, by type. Takes its time only once all are sent, and never throws. */
  nudge?: (sent: Record<string, number>) => Promise<void>;
  /** Epoch milliseconds. */
  now: () => number;
  log: Log;
}

interface Failure {
  id?: string;
  type?: string;
  error: unknown;
}

const lookUpsAtOnce = 20;

/**
 * Routes each job to its type's queue, and one that has none, or is malformed, to the unroutable queue with the reason.
 *
 * Jobs that a queue won't take are kept elsewhere, by queue: Lambda tries again for minutes only, and its failure destination
 * is a queue of the same SQS. Where they can't be kept, or a type can't be looked up, it throws once all others are sent:
 * Lambda then hands over the whole event again, and at last to that destination. Jobs that got through are doubled by that,
 * which claims absorb; none is lost.
 */
export function createRouteJobs(effects: RouteJobsEffects): (event: TopicEvent) => Promise<void> {
  const { jobTypes, unroutableQueueUrl, keepUnsent, nudge, now, log } = effects;
  const sendMessages = createSendMessages(effects);

  function giveUp({ text, source }: ReadJob, reason: string, loggedReason = reason): QueueMessage {
    const message = unroutableMessage({ text, source, reason }, unroutableQueueUrl, new Date(now()).toISOString());
    log("warn", "job unroutable", { id: message.id, type: message.type, reason: loggedReason });
    return message;
  }

  async function address(read: ReadJob): Promise<{ message: QueueMessage; text: string } | { failure: Failure }> {
    const { text } = read;
    if (!read.job.ok) {
      return { message: giveUp(read, reasonOf(read.job.problems), fieldsOf(read.job.problems)), text };
    }
    const { id, type } = read.job.value;
    try {
      const jobType = await jobTypes.find(type);
      if (!jobType) return { message: giveUp(read, `No processor takes jobs of type ${type}`), text };
      const message = jobMessage(read.job.value, jobType.queueUrl, now());
      return { message: "reason" in message ? giveUp(read, message.reason) : message, text };
    } catch (error) {
      return { failure: { id, type, error } };
    }
  }

  return async function routeJobs(event) {
    const jobs = event.Records.flatMap(({ Sns }) => readJobs(Sns.Message));
    const addressed = await mapLimited(jobs, lookUpsAtOnce, address);
    const texts = new Map(addressed.flatMap((each) => ("message" in each ? [[each.message, each.text]] : [])));
    const messages = [...texts.keys()];
    const unsent = await sendMessages(messages);
    const isKept = unsent.length > 0 && (await keep(unsent, texts));
    const failures: Failure[] = [
      ...addressed.flatMap((each) => ("failure" in each ? [each.failure] : [])),
      ...(isKept ? [] : unsent).map(({ message: { id, type }, error }) => ({ id, type, error })),
    ];
    for (const { id, type, error } of failures)
      log("error", "job not routed", { id, type, error: describeError(error) });
    const kept = isKept ? unsent.length : 0;
    log("info", "jobs routed", {
      ...{ sent: messages.length - unsent.length, failed: failures.length },
      ...(isKept && { kept }),
    });
    await nudge?.(sentByType(messages, unsent));
    if (failures.length > 0) throw failureOf(failures, jobs.length);
  };

  async function keep(unsent: SendFailure[], texts: Map<QueueMessage, string>): Promise<boolean> {
    if (!keepUnsent) return false;
    const byQueue = new Map<string, string[]>();
    for (const { message } of unsent) {
      byQueue.set(message.queueUrl, [...(byQueue.get(message.queueUrl) ?? []), texts.get(message)!]);
    }
    try {
      for (const [queue, jobs] of byQueue) {
        // What can't be routed may be no JSON.
        const kept = queue === unroutableQueueUrl || jobs.length === 1 ? jobs : [`[${jobs.join(",")}]`];
        for (const message of kept) await keepUnsent({ queue, message });
      }
      log("warn", "jobs kept", { count: unsent.length, error: describeError(unsent[0]!.error) });
      return true;
    } catch (error) {
      log("error", "jobs not kept", { count: unsent.length, error: describeError(error) });
      return false;
    }
  }

  function sentByType(messages: QueueMessage[], unsent: SendFailure[]): Record<string, number> {
    const counts = new Map<string, number>();
    const count = ({ type, queueUrl, delaySeconds }: QueueMessage, by: number) => {
      // Nothing is to be done yet about one that is held back: the scaler sees it in its minute's run.
      if (delaySeconds !== undefined) return;
      if (type !== undefined && queueUrl !== unroutableQueueUrl) counts.set(type, (counts.get(type) ?? 0) + by);
    };
    for (const message of messages) count(message, 1);
    for (const { message } of unsent) count(message, -1);
    return Object.fromEntries([...counts].filter(([, sent]) => sent > 0));
  }
}

function reasonOf(problems: FieldProblem[]): string {
  return problems.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join("; ");
}

/** Only which fields are wrong: what they hold may be part of a payload, which no log shows. */
function fieldsOf(problems: FieldProblem[]): string {
  return `malformed: ${problems.map(({ path }) => path || "the whole").join(", ")}`;
}

function failureOf(failures: Failure[], count: number): Error {
  const jobs = failures.slice(0, 10).map(({ id, type }) => `${id ?? "without id"} (${type ?? "without type"})`);
  const more = failures.length > jobs.length ? " and more" : "";
  return new Error(`${failures.length} of ${count} jobs could not be routed: ${jobs.join(", ")}${more}`, {
    cause: failures[0]!.error,
  });
}
