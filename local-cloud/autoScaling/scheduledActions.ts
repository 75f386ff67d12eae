import { Cron } from "croner";
import type { Groups } from "./groups";

/** A change of a group at certain times; undefined sizes stay as they are. */
export interface ScheduledAction {
  group: string;
  /** Five fields of cron. Undefined for an action that runs once, at its start. */
  recurrence?: string;
  /** IANA name. @default UTC */
  timeZone?: string;
  startsAt?: Date;
  endsAt?: Date;
  minSize?: number;
  maxSize?: number;
  desiredCapacity?: number;
}

/** The scheduled actions of groups ("Scheduled scaling for Amazon EC2 Auto Scaling"). */
export class ScheduledActions {
  private readonly actions = new Map<string, { cron: Cron; interval?: NodeJS.Timeout }>();

  /** `secondsInstead` replaces every action's own times: tests don't wait for the hour. */
  constructor(private readonly cloud: { groups: Groups; secondsInstead?: number }) {}

  create(id: string, action: ScheduledAction): void {
    if (!this.cloud.groups.find(action.group)) throw new Error(`There is no group ${action.group}`);
    const { secondsInstead } = this.cloud;
    const cron = cronOf(action);
    const run = () => this.run(action);
    if (secondsInstead === undefined) cron.schedule(run);
    const interval = secondsInstead === undefined ? undefined : setInterval(run, secondsInstead * 1_000);
    this.actions.set(id, { cron, interval });
  }

  /** Time of the next run after the given time; undefined if there is none. */
  nextRun(id: string, after = new Date()): Date | null | undefined {
    return this.actions.get(id)?.cron.nextRun(after);
  }

  delete(id: string): void {
    const action = this.actions.get(id);
    action?.cron.stop();
    clearInterval(action?.interval);
    this.actions.delete(id);
  }

  stop(): void {
    [...this.actions.keys()].forEach((id) => this.delete(id));
  }

  private run({ group: name, minSize, maxSize, desiredCapacity }: ScheduledAction): void {
    const group = this.cloud.groups.find(name);
    if (!group || group.settings.suspendedProcesses.includes("ScheduledActions")) return;
    const changes = { ...(minSize !== undefined && { minSize }), ...(maxSize !== undefined && { maxSize }) };
    group.update(changes, { by: "scheduled action", desiredCapacity });
  }
}

/** @throws Error that names an invalid recurrence or time zone */
function cronOf({ recurrence, timeZone = "Etc/UTC", startsAt, endsAt }: ScheduledAction): Cron {
  const pattern = recurrence ?? startsAt?.toISOString();
  if (pattern === undefined) throw new Error("Expected `recurrence` or `startTime`, got neither");
  try {
    const bounds = { startAt: recurrence === undefined ? undefined : startsAt, stopAt: endsAt };
    const cron = new Cron(pattern, { timezone: timeZone, mode: "5-part", ...bounds });
    // It checks the time zone only now.
    cron.nextRun();
    return cron;
  } catch (error) {
    throw new Error(`Expected a cron expression of five fields and a time zone, got ${pattern} in ${timeZone}`, {
      cause: error,
    });
  }
}
