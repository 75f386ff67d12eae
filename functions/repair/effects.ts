import { type Log } from "../../contract/log";
import { type RouteJobsEffects, type TopicEvent } from "../router/routeJobs";
import { type Announce } from "../shared/messages/announceTo";
import { type Inbox } from "../shared/messages/inbox";
import { type QueueMessage } from "../shared/messages/queueMessage";
import { type SendFailure } from "../shared/messages/sendMessages";
import { type JobTypes } from "../shared/tables/jobTypes";
import { type UnsentEvents } from "../shared/unsentEvents";
import { type FailedRecords } from "./failedRecords";

/** Dependencies of the repair function. */
export interface RepairEffects extends RouteJobsEffects {
  jobTypes: Pick<JobTypes, "find" | "list">;
  inbox: Inbox;
  /** Undefined if jobs are not tracked. */
  records: FailedRecords | undefined;
  /** Publishes a final state; undefined when `events` is off. */
  announce?: Announce | undefined;
  /** Queues whose messages hold jobs that the router has yet to route. */
  failedEvents: FailedEvents[];
  /** Events that the router kept while SQS took nothing. */
  unsentEvents: UnsentEvents;
  /** Queue of events that workers could not publish; undefined when `events` is off. */
  keptEventsUrl?: string | undefined;
  log: Log;
}

/** A queue of events that never reached the router, or that it failed at. */
export interface FailedEvents {
  /** Name in the log: `router failures`, `undelivered`. */
  name: string;
  url: string;
}

/** Dependencies of the parts of one run. */
export interface RepairRun extends RepairEffects {
  /** The router's own function: resolves once every job is in a queue. */
  routeJobs: (event: TopicEvent) => Promise<void>;
  sendMessages: (messages: QueueMessage[]) => Promise<SendFailure[]>;
  /** True if there is time for one more message. */
  hasTime: () => boolean;
}
