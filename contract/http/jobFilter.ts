import type { JobState } from "../records/record";

/** Verbs of actions on many jobs. */
export const actionVerbs = ["retry", "replay", "cancel"] as const;
export type ActionVerb = (typeof actionVerbs)[number];

/** The states of jobs that an action may be for; the first is taken where its filter names none. */
export const actionStates: Record<ActionVerb, readonly JobState[]> = {
  retry: ["failed", "cancelled"],
  replay: ["failed", "cancelled", "succeeded"],
  cancel: ["queued", "running"],
};

/** A choice of jobs. Fields that are left out choose all. */
export interface JobFilter {
  type: string;
  state?: JobState;
  tenant?: string;
  /** `name:value`. */
  label?: string;
  /** Earliest submission; of jobs that failed or were cancelled the earliest end. ISO 8601. */
  from?: string;
  /** Latest such time. */
  to?: string;
  errorName?: string;
  /** The error's kind, as `GET /failures` has it. */
  errorKey?: string;
}
