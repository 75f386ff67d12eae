import type { FieldProblem } from "../../contract/check";
import { aboutJobs, errorFields, type Log } from "../../contract/log";
import { groupBy } from "../shared/groupBy";
import { mapLimited } from "../shared/mapLimited";
import { jobMessage, type QueueMessage, unroutableMessage } from "../shared/messages/queueMessage";
import { createSendMessages, type SendFailure, type SendMessagesEffects } from "../shared/messages/sendMessages";
import type { JobTypes } from "../shared/tables/jobTypes";
import { type ReadJob, readJobs } from "./readJobs";

/** The fields of an SNS event that the router reads. */
export interface TopicEvent {
  Records: { Sns: { Message: string } }[];
}

export interface RouteJobsEffects extends SendMessagesEffects {
  jobTypes: Pick<JobTypes, "find">;
  unroutableQueueUrl: string;
  /** Keeps unsent jobs elsewhere; returns false if it can't. Without it, their event counts as failed. */
  keepJobs?: (unsent: SendFailure[]) => Promise<boolean>;
  /**
   * Reports to the scaler which jobs were just sent. Runs only once all are sent, and never throws. Undefined in a
   * repair run: the scaler's own next run finds those jobs.
   */
  nudge?: (sent: QueueMessage[]) => Promise<void>;
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
 * Routes each job to its type's queue, and malformed jobs and those of unknown types to the unroutable queue, with the
 * reason.
 *
 * Jobs that a queue won't take are kept elsewhere, by queue: Lambda retries only for minutes, and its failure
 * destination is a queue of the same SQS. If they can't be kept, or a type can't be read, it throws once all others
 * are sent: Lambda then delivers the whole event again, and finally to that destination. That duplicates the jobs
 * already sent, which claims make harmless; none is lost.
 */
export function createRouteJobs(effects: RouteJobsEffects): (event: TopicEvent) => Promise<void> {
  const { jobTypes, unroutableQueueUrl, keepJobs, nudge, now, log } = effects;
  const sendMessages = createSendMessages(effects);

  function giveUp({ text, source }: ReadJob, reason: string, loggedReason = reason): QueueMessage {
    const message = unroutableMessage(
      { text: text(), source, reason },
      unroutableQueueUrl,
      new Date(now()).toISOString(),
    );
    log("warn", "job-unroutable", { jobId: message.id, jobType: message.type, reason: loggedReason });
    return message;
  }

  async function address(read: ReadJob): Promise<QueueMessage | Failure> {
    if (!read.job.ok) return giveUp(read, reasonOf(read.job.problems), fieldsOf(read.job.problems));
    const { id, type } = read.job.value;
    try {
      const jobType = await jobTypes.find(type);
      if (!jobType) return giveUp(read, `No processor takes jobs of type ${type}`);
      const message = jobMessage(read.job.value, jobType.queueUrl, now());
      return "reason" in message ? giveUp(read, message.reason) : message;
    } catch (error) {
      return { id, type, error };
    }
  }

  /** One line for the jobs of each type. */
  function logRouted(messages: QueueMessage[], time: string): void {
    for (const [type, ofType] of groupBy(messages, ({ type = "" }) => type)) {
      const ids = ofType.map(({ id = "" }) => id);
      log("info", "job-routed", { time, ...aboutJobs(ids, type) });
    }
  }

  return async function routeJobs(event) {
    const jobs = event.Records.flatMap(({ Sns }) => readJobs(Sns.Message));
    const addressed = await mapLimited(jobs, lookUpsAtOnce, address);
    const messages = addressed.filter((each) => "queueUrl" in each);
    // A worker may have a job before SQS has answered, and its lines come after this one.
    const time = new Date(now()).toISOString();
    const unsent = await sendMessages(messages);
    const isKept = unsent.length > 0 && (await keepJobs?.(unsent));
    const failures: Failure[] = [
      ...addressed.filter((each) => "error" in each),
      ...(isKept ? [] : unsent).map(({ message: { id, type }, error }) => ({ id, type, error })),
    ];
    for (const { id, type, error } of failures)
      log("error", "job-not-routed", { jobId: id, jobType: type, ...errorFields(error) });
    const left = new Set(unsent.map(({ message }) => message));
    const sent = messages.filter((message) => !left.has(message));
    logRouted(
      sent.filter(({ queueUrl }) => queueUrl !== unroutableQueueUrl),
      time,
    );
    await nudge?.(sent);
    if (failures.length > 0) {
      const text = `${failures.length} of ${jobs.length} jobs could not be routed`;
      throw new Error(text, { cause: failures[0]!.error });
    }
  };
}

function reasonOf(problems: FieldProblem[]): string {
  return problems.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join("; ");
}

/** Only names the wrong fields: their values may be part of a payload, which no log shows. */
function fieldsOf(problems: FieldProblem[]): string {
  return `malformed: ${problems.map(({ path }) => path || "the whole").join(", ")}`;
}
