import { describe, type FieldProblem } from "../../../contract/check";
import { definedFields } from "../../../contract/definedFields";
import type { Action } from "../../../contract/http/answers";
import { actionStates } from "../../../contract/http/jobFilter";
import { problemOf } from "../../../contract/http/problem";
import { canonicalJson } from "../../../contract/http/submissionText";
import { idPattern } from "../../../contract/limits";
import { checkTimes } from "../../frontend/requests/listQuery";
import { tenantProblem } from "../../frontend/requests/rights";
import { answer, type HttpAnswer, refuse } from "../../shared/httpAnswer";
import type { OperatorAnswer, OperatorCall } from "../../shared/operatorCall";
import type { JobTypes } from "../../shared/tables/jobTypes";
import { type ActionItem, type ActionRequest, type Actions, actionView, goesOn } from "../actions/actions";
import type { RunActionEffects } from "../actions/runAction";
import type { Answerers } from "./answerer";

export interface ActionEffects {
  jobTypes: Pick<JobTypes, "find">;
  actions: Actions;
  watch: RunActionEffects["watch"];
  newId: () => string;
  now: () => number;
}

type Asked = Pick<Action, "action" | "filter" | "dryRun" | "ratePerSecond" | "reason"> & { ids?: string[] };

export function createActionAnswerers(
  effects: ActionEffects,
): Answerers<"startAction" | "listActions" | "getAction" | "stopAction"> {
  const { jobTypes, actions, watch, newId, now } = effects;

  const isSeenBy =
    ({ caller: { tenant } }: OperatorCall) =>
    ({ request }: ActionItem) =>
      tenant === undefined || request.tenant === tenant;

  const find = async ({ parameter: id }: OperatorCall) => (idPattern.test(id) ? actions.read(id) : undefined);

  const show = (call: OperatorCall, found: ActionItem | undefined, status: number): HttpAnswer =>
    found && isSeenBy(call)(found)
      ? answer(status, actionView(found))
      : refuse(problemOf("action-not-found", `Expected the id of an action, got ${describe(call.parameter)}`));

  return {
    async startAction({ body, caller: { by, key, tenant }, functionArn }): Promise<OperatorAnswer> {
      const asked = body as Asked;
      const problems = findProblems(asked);
      if (problems.length > 0) {
        const detail = problems.map(({ path, message }) => `${path}: ${message}`).join("; ");
        return refuse(problemOf("invalid-request", detail, problems));
      }
      const { filter, ids } = asked;
      const forbidden = tenantProblem(tenant, filter?.tenant ?? tenant, "/filter/tenant");
      if (forbidden) return refuse(forbidden);
      if (filter && !(await jobTypes.find(filter.type))) {
        const message = `Expected a job type that GET /types lists, got ${describe(filter.type)}`;
        return refuse(problemOf("unknown-type", message, [{ path: "/filter/type", message }]));
      }
      const request: ActionRequest = {
        ...asked,
        ...{ id: key ?? newId(), by, tenant, startedAt: new Date(now()).toISOString() },
        ...(filter && { filter: filledIn(asked.action, { ...filter, tenant: filter.tenant ?? tenant }) }),
        ...(ids && { ids: [...new Set(ids)] }),
      };
      const present = await actions.create(request);
      if (present && sameOf(present.request) !== sameOf(request)) {
        return refuse(problemOf("conflict", "This Idempotency-Key was used for another action"));
      }
      const item = present ?? (await actions.read(request.id))!;
      if (!goesOn(item.state)) return answer(202, actionView(item));
      // First what restarts it, so that it goes on wherever this is cut off.
      await watch.begin(request.id, functionArn);
      return { ...answer(202, actionView(item)), next: { runAction: request.id } };
    },

    async listActions({ caller: { tenant } }) {
      return answer(200, { actions: (await actions.list(tenant)).map(actionView) });
    },

    getAction: async (call) => show(call, await find(call), 200),

    async stopAction(call) {
      const found = await find(call);
      const isSeen = found && isSeenBy(call)(found);
      return show(call, isSeen ? await actions.stop(call.parameter, new Date(now()).toISOString()) : undefined, 202);
    },
  };
}

/** An action's request without what differs each time it is asked for, as a text that equal requests share. */
function sameOf({ action, filter, ids, dryRun, ratePerSecond, reason }: ActionRequest): string {
  return canonicalJson(definedFields({ action, filter, ids, dryRun, ratePerSecond, reason }));
}

function filledIn(action: Action["action"], filter: NonNullable<Action["filter"]>): Action["filter"] {
  const { from, to, state = action === "cancel" ? undefined : actionStates[action][0] } = filter;
  const utc = (time: string | undefined) => time && new Date(time).toISOString();
  return JSON.parse(JSON.stringify({ ...filter, state, from: utc(from), to: utc(to) })) as Action["filter"];
}

function findProblems({ action, filter, ids }: Asked): FieldProblem[] {
  if ((filter === undefined) === (ids === undefined)) {
    const got = filter ? "both" : "neither";
    return [{ path: "/filter", message: `Expected a filter, or ids in its place, got ${got}` }];
  }
  const { state, from, to } = filter ?? {};
  const states = actionStates[action];
  return [
    ...(state === undefined || states.includes(state)
      ? []
      : [{ path: "/filter/state", message: `Expected one of ${states.join(", ")} to ${action}, got ${state}` }]),
    ...checkTimes({ from, to }, "/filter/"),
  ];
}
