/**
 * The table of events: who writes each, and what it means. Names are kebab-case. `npm run docs` writes the table of
 * docs/operations.md from it.
 */
export interface LogEvents {
  /** Answered 202; of a batch one line for up to a hundred jobs of a type */
  "job-accepted": "front end";
  /** The table of records would not take it, with the `error`: answered 503 */
  "job-not-recorded": "front end";
  /** The topic would not take it, with the `error`: answered 503 */
  "job-not-published": "front end";
  /** Its payload could not be kept, with the `error`: the front end answers 503, a worker runs the job all the same */
  "payload-not-kept": "front end" | "worker";
  /** The schedule of a job far ahead could not be made, with the `error`: answered 503 */
  "job-not-scheduled": "front end";
  /** The schedule of a cancelled job stays: its message comes, and is deleted */
  "schedule-not-removed": "front end" | "operator";
  /** Dead letters could not be sent back for a retry, with the `error`: answered 503 */
  "jobs-not-sent-back": "operator";
  /** A part of an action on many jobs, with the `error`: it counts as failed */
  "job-not-acted-on": "operator";
  /** An action is done or was stopped, with its counts and who asked for it */
  "action-ended": "operator";
  /** The schedule that restarts an action stays though it has ended: its next call, within a minute, removes it */
  "action-watch-not-ended": "operator";
  /** Jobs are shown without what their type's fleet says of why they wait, with the `error` */
  "launch-problems-not-read": "front end" | "operator";
  /** Types are shown without their counts, or those of their dead letters, with the `error` */
  "counts-not-read": "operator";
  /** A `part` of `GET /health?deep=1` could not be read, with the `error` */
  "health-part-failed": "operator";
  /** See below: each minute, if there are alarms */
  "component-metrics": "operator";
  /** One of them, the `sum`, could not be made, with the `error`: alarms on it see nothing of the minute */
  "sum-not-written": "operator";
  /** Answered 503, with the `error` */
  "request-failed": "front end";
  /** In its type's queue; of a batch one line for the jobs of a type. What failed first is routed by the repair run */
  "job-routed": "router" | "repair";
  /** Moved to the unroutable queue, with the `reason`; by the removal from the queue of a type that was removed */
  "job-unroutable": "router" | "repair" | "removal";
  /** A send or a look-up failed; Lambda repeats the event, then repair does */
  "job-not-routed": "router" | "repair";
  /** SQS would not take them, with the `error`: kept in a table, for the repair run to route */
  "jobs-kept": "router";
  /** Nor would that table: Lambda repeats the event, then repair does */
  "jobs-not-kept": "router";
  /**
   * The scaler could not be told of jobs, with the `error`; the next nudge tells it, or its run of that minute sees
   * them
   */
  "scaler-not-nudged": "front end" | "router" | "removal" | "worker";
  /** One event of the failure queues was routed */
  "event-replayed": "repair";
  /** It could not be: it is tried again after two minutes */
  "event-not-replayed": "repair";
  /** An event that the router kept could not be routed yet, with the `error` */
  "unsent-event-left": "repair";
  /** SQS had moved it; it has a reason now, and its job is `failed` */
  "dead-letter-explained": "repair";
  /** Its job had ended */
  "dead-letter-deleted": "repair";
  /** A worker still holds its job */
  "dead-letter-skipped": "repair";
  /** It could not be explained, with the `error`; a later run tries again */
  "dead-letter-not-repaired": "repair";
  /** Dead letters that were looked at stay hidden for some `seconds` */
  "dead-letters-not-released": "repair" | "removal";
  /** A job whose message was gone is `failed` now, with the `error` */
  "lost-job-ended": "repair";
  /** It could not be ended, with the `error`; a later round tries again */
  "lost-job-not-ended": "repair";
  /**
   * The topic of ends did not take an event, with the `error`: the repair run tries again, as does the worker that
   * deletes a cancelled job's message
   */
  "completion-event-not-published": "front end" | "operator" | "repair";
  /** A `step` of the run failed, with its `error`; the next minute's run goes on */
  "repair-step-failed": "repair";
  /** Counts of a run's work; a run without work writes none */
  "repair-finished": "repair";
  /** A dead letter is in its type's queue again */
  "job-sent-back": "removal";
  /** It was sent back, and its dead letter is still there: a worker that gets it again deletes it */
  "dead-letter-not-deleted": "removal";
  /** Its queues are empty, and will be deleted; `moved` says how many messages they held */
  "removed-type-drained": "removal";
  /** A group's desired capacity was raised `from` … `to`, for the `reason`: `backlog`, `spot stays short` */
  "capacity-raised": "scaler";
  /** It was lowered, for the `reason`: `launches fail`, `spot stays short` */
  "capacity-lowered": "scaler";
  /**
   * Three launches failed in a row: `launchProblem` says why the last one did, `retryInSeconds` when the next is tried
   */
  "launches-failing": "scaler";
  /** One has succeeded */
  "launches-recovered": "scaler";
  /**
   * The type has a new launch template version, or a new group: what failed before counts no longer, and the retry
   * is not waited for
   */
  "launches-retried": "scaler";
  /** Auto Scaling did not say what it launched, with the `error`; capacity was raised all the same */
  "launches-not-read": "scaler";
  /** Reports of the instance's worker stay out */
  "instance-report-missing": "scaler";
  /** They stayed out for long: it was marked unhealthy, so that it is replaced */
  "instance-unresponsive": "scaler";
  /** An instance of an old launch template version is to take no further job, as its item in the fleet table says */
  "instance-retiring": "scaler";
  /**
   * The `jobTypes` that met an `error` (queue gone, group gone, throttled); all others were served, and the next run
   * tries again
   */
  "types-not-scaled": "scaler";
  /** An attempt begins, `waitMs` after the job was submitted */
  "job-started": "worker";
  /**
   * A line of the handler's: its `message` and `fields`, or what it wrote to the `stream`; `N more lines left out`
   * where there were too many
   */
  "job-log": "worker";
  /** The attempt took `runMs` */
  "job-succeeded": "worker";
  /** The attempt failed, with the `error`; the next begins after `retryInSeconds` */
  "job-retried": "worker";
  /** The job failed for good, for the `reason`, with the `error` */
  "job-failed": "worker";
  /** Handed back on a drain, or by its handler, with its `reason` */
  "job-given-back": "worker";
  /** Cancelled before its attempt, or in it */
  "job-cancelled": "worker";
  /** Taken over by another worker: this one leaves its record and message alone */
  "job-lease-lost": "worker";
  /** Lease or message could not be kept, with the `error`; the next beat tries again */
  "heartbeat-failed": "worker";
  /** Progress could not be recorded, with the `error` */
  "progress-not-written": "worker";
  /** A checkpoint could not be kept, with the `error` */
  "checkpoint-not-written": "worker";
  /** A handler's process wrote a line that is no job's */
  "handler-output": "worker";
  /** A handler's process ended by itself, with the `error` */
  "handler-died": "worker";
  /** A handler's process runs no further job, for the `reason` */
  "handler-retired": "worker";
  /** A job ended before an error that it had caused */
  "late-error": "worker";
  /** Processes that a job left behind were killed */
  "processes-killed": "worker";
  /** Not even a kill ends the handler's process: the worker itself ends */
  "handler-not-killable": "worker";
  /** An attempt's folder could not be removed, with the `error` */
  "folder-not-removed": "worker";
  /** Text of an inline handler could not be read, with the `error`; tried again */
  "handler-download-retried": "worker";
  /** A secret could not be read, with the `error`; tried again */
  "secret-read-retried": "worker";
  /** Its job isn't to begin yet, for the `reason`: it comes again after `seconds` */
  "message-hidden": "worker";
  /**
   * A message could not be used, with the `error`; it comes again after `hiddenSeconds`, twice as long with each
   * delivery, 6 min at most
   */
  "message-left-in-queue": "worker";
  /** A message that was fetched ahead is for other workers, for the `reason` */
  "message-released": "worker";
  /** A duplicate, for the `reason` */
  "message-deleted": "worker";
  /** It is no job, or not its record's, for the `reason`: it is a dead letter now */
  "message-dead-lettered": "worker";
  /**
   * Its message was deleted, or its queue purged, while the job ran: if the attempt fails, the job fails for good
   * with that reason
   */
  "message-gone": "worker";
  /** SQS would not say whether the message is there, with the `error` */
  "message-not-found": "worker";
  /**
   * The job's end is recorded, but its message was out of reach: it reappears, and is deleted, or tried at once;
   * without records (`tracking: false`) it runs again
   */
  "message-not-deleted": "worker";
  /** The same, of a message that was to be hidden */
  "message-not-hidden": "worker";
  /** The topic of ends did not take an event, with the `error`: the repair run publishes it */
  "event-kept": "worker";
  /** AWS refused a receive, with the `error` */
  "receive-failed": "worker";
  /** S3 refused a payload, with the `error` */
  "large-value-retried": "worker";
  /** AWS refused a call that ends a job, with the `error` */
  "settling-retried": "worker";
  /** It takes jobs, and its group may put the instance into service */
  "worker-started": "worker";
  /** See below */
  "worker-metrics": "worker";
  /** Spans could not be exported and are dropped, with the `reason`; at most one line a minute */
  "traces-not-exported": "worker";
  /**
   * It takes no further job, for the `reason`: a signal, `spot-interruption`, `rebalance-recommendation`,
   * `terminating`, `idle`
   */
  "worker-draining": "worker";
  /** Its launch template version is old: it takes no more jobs, and ends when those it has end */
  "worker-retiring": "worker";
  /** Its run is over, and its group may end an instance that it drained for */
  "worker-stopped": "worker";
  /** It can't start, with the reason, which becomes the type's `launchProblem` */
  "worker-not-started": "worker";
  /** An uncaught error ended it */
  "worker-crashed": "worker";
  /** Of the local cloud: its parent has ended */
  "worker-orphaned": "worker";
  /** The reason why it can't start could not be written to the fleet table */
  "start-failure-not-reported": "worker";
  /** Its port for `/healthz` could not be opened, with the `error` */
  "health-not-served": "worker";
  /**
   * On a developer's machine: all slots at their `memoryMegabytes` would hold more than the `jobsMegabytes` there are
   */
  "memory-short": "worker";
  /** It takes no job, since too little of its disk is free, with the `reason` */
  "disk-full": "worker";
  /** It takes jobs again */
  "disk-free": "worker";
  /** There is no instance metadata: a plain container */
  "lifecycle-disabled": "worker";
  /** Instance metadata did not answer, with the `error` */
  "metadata-read-failed": "worker";
  /** No hook waited any more */
  "terminate-hook-not-waiting": "worker";
  /** A hook could not be kept waiting; it waits on for what is left of its timeout */
  "hook-heartbeat-failed": "worker";
  /** A call by which an instance ends was refused, with the `error`; tried again */
  "lifecycle-call-retried": "worker";
  /** Idle beyond `idleSeconds`, and the group is at its minimum, or its type needs or keeps it */
  "idle-instance-kept": "worker";
  /** The fleet table would not take its report; the next comes half a minute later */
  "fleet-report-failed": "worker";
  /** Usage of some `items` could not be added to the table: the next minute's addition has it, unless `isLost` */
  "usage-not-added": "worker";
  /** It is unhealthy (see below) and falls silent, so that its instance is replaced */
  "fleet-report-withheld": "worker";
  /** Its group replaces it, for the `reason` */
  "instance-given-up": "instance";
}
