import type { Action } from "../../../contract/http/answers";

/** An action as it was asked for. */
export type ActionRequest = Pick<Action, "id" | "action" | "filter" | "dryRun" | "ratePerSecond" | "reason" | "by"> & {
  /** Ids of the jobs, if there is no filter. */
  ids?: string[];
  /** The only tenant whose jobs its caller may act on; undefined if it isn't bound to one. */
  tenant?: string;
  startedAt: string;
};

/** The part of it that is done, written once a page of jobs is done. */
export type ActionProgress = Pick<Action, "counts" | "problems"> & {
  /** Place after which the next page begins; undefined at the beginning. */
  cursor?: string | undefined;
  /** Jobs that are being acted on, and the place after them. */
  page?: { ids: string[]; next?: string | undefined } | undefined;
};

export interface ActionItem extends ActionProgress {
  request: ActionRequest;
  state: Action["state"];
  finishedAt?: string;
}

/** The actions of the last weeks. */
export interface Actions {
  /** Keeps the action unless its id is taken; then gives the one that is there. */
  create(request: ActionRequest): Promise<ActionItem | undefined>;
  read(id: string): Promise<ActionItem | undefined>;
  /** The newest, without their ids; of callers bound to the tenant if there is one. */
  list(tenant?: string): Promise<ActionItem[]>;
  /** Takes an action that goes on, and that no other run has. */
  take(id: string, run: string, now: number): Promise<ActionItem | undefined>;
  /**
   * Writes what is done, and has the action a while longer, or lets it go, with its new state at its end. Gives the
   * state; undefined if another run has it.
   */
  report(
    id: string,
    run: string,
    progress: ActionProgress & { leaseUntil: number; finishedAt?: string },
  ): Promise<Action["state"] | undefined>;
  /** Stops an action that goes on; gives the action, ended or not. */
  stop(id: string, finishedAt: string): Promise<ActionItem | undefined>;
}

/** Milliseconds that a run has an action for, after each page of jobs. */
export const leaseMilliseconds = 60_000;

export const goesOn = (state: Action["state"]) => state === "counting" || state === "running";

/** An action as the API shows it. */
export function actionView({ request, state, counts, problems, finishedAt }: ActionItem): Action {
  const { id, action, filter, dryRun, ratePerSecond, reason, by, startedAt } = request;
  const kept = { id, action, filter, dryRun, ratePerSecond, reason };
  return { ...kept, state, counts, ...(problems?.length && { problems }), by, startedAt, ...{ finishedAt } };
}
