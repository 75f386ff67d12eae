import { randomUUID } from "node:crypto";

/** A launch or termination, as DescribeScalingActivities shows it. */
export interface Activity {
  id: string;
  description: string;
  cause: string;
  startedAt: Date;
  endedAt?: Date;
  status: "PreInService" | "InProgress" | "MidLifecycleAction" | "Successful" | "Failed" | "Cancelled";
  statusMessage?: string;
  /** Percent. */
  progress: number;
  /** JSON. */
  details: string;
}

/** AWS keeps six weeks of them. */
const kept = 500;

/** Activities of a group, newest first. */
export class Activities {
  private readonly all: Activity[] = [];

  begin(what: Pick<Activity, "description" | "cause" | "details" | "status">): Activity {
    const activity: Activity = { ...what, id: randomUUID(), startedAt: new Date(), progress: 0 };
    this.all.unshift(activity);
    this.all.splice(kept);
    return activity;
  }

  list(): readonly Activity[] {
    return this.all;
  }
}

/** Ends the activity. A reason is also added to its description, as AWS does. */
export function endActivity(activity: Activity, status: "Successful" | "Failed" | "Cancelled", reason?: string): void {
  if (activity.endedAt) return;
  Object.assign(activity, { status, endedAt: new Date(), progress: 100 });
  if (reason === undefined) return;
  activity.statusMessage = reason;
  activity.description += `.  Status Reason: ${reason}`;
}
