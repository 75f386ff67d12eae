import type { LaunchFaultKind } from "../../contract/http/localControls";
import { type Activities, type Activity, endActivity } from "./activities";
import { causeOf, causes } from "./causes";
import type { Instance } from "./instance";
import { diedPending } from "./launchFaults";
import { LifecycleAction, type LifecycleHook, type LifecycleOutcome } from "./lifecycleAction";

/** Time between the end of a launch hook and service. */
const proceedMilliseconds = 50;

export interface MemberEffects {
  activities: Activities;
  hooksOf: (transition: LifecycleHook["transition"]) => LifecycleHook[];
  stopGraceMilliseconds: number;
  /** Called when its launch was abandoned and it terminates. */
  onAbandoned: () => void;
}

/** An instance in its group: its way through the lifecycle hooks, and its entries in the group's activities. */
export class GroupMember {
  private actions: LifecycleAction[] = [];
  private termination?: Activity;

  constructor(
    readonly instance: Instance,
    private readonly launch: Activity,
    private readonly effects: MemberEffects,
  ) {
    launch.description += `: ${instance.id}`;
  }

  /** The machine runs: it waits for its launch hooks, then it is in service. */
  beginService(): void {
    const { instance } = this;
    if (instance.lifecycleState !== "Pending") return;
    this.awaitHooks("launching", this.launch, (outcome, token) => {
      if (outcome.isAbandoned) return this.abandonLaunch(outcome, token);
      instance.lifecycleState = "Pending:Proceed";
      setTimeout(() => this.enterService(), proceedMilliseconds);
    });
    if (instance.lifecycleState === "Pending") this.enterService();
  }

  /** It waits for its terminate hooks, then it ends. A second call changes nothing. */
  beginTermination(cause: string): Activity {
    const { instance, launch, effects } = this;
    if (instance.isTerminating) return this.termination ?? launch;
    this.cancelActions();
    endActivity(launch, "Cancelled", "The instance was terminated before it was in service.");
    const description = `Terminating EC2 instance: ${instance.id}`;
    const what = { description, cause, details: launch.details, status: "InProgress" as const };
    const termination = (this.termination = effects.activities.begin(what));
    instance.lifecycleState = "Terminating";
    this.awaitHooks("terminating", termination, () => this.proceed());
    if (instance.lifecycleState === "Terminating") this.end();
    return termination;
  }

  /** The lifecycle action of that hook that the instance waits for. */
  actionOf(hook: string): LifecycleAction | undefined {
    return this.actions.find((action) => action.hook.name === hook);
  }

  cancelActions(): void {
    this.actions.splice(0).forEach((action) => action.cancel());
  }

  /** The instance is gone. */
  finish(fault: LaunchFaultKind | undefined): void {
    const { instance, launch, effects } = this;
    this.cancelActions();
    if (this.termination) endActivity(this.termination, "Successful");
    else if (!launch.endedAt) endActivity(launch, "Cancelled", diedPending(fault));
    else if (!instance.isTerminating) {
      const description = `Terminating EC2 instance: ${instance.id}`;
      const what = { description, cause: causeOf(causes.foundDead), details: launch.details };
      endActivity(effects.activities.begin({ ...what, status: "InProgress" }), "Successful");
    }
    instance.lifecycleState = "Terminated";
  }

  private enterService(): void {
    const { instance } = this;
    if (instance.isTerminating) return;
    instance.lifecycleState = "InService";
    instance.inServiceSince = Date.now();
    endActivity(this.launch, "Successful");
  }

  private abandonLaunch({ isTimeout }: LifecycleOutcome, token: string): void {
    const why = isTimeout ? "Heartbeat Timeout" : "Lifecycle Action Completed with ABANDON Result";
    const action = `Lifecycle Action with token ${token} was abandoned: ${why}`;
    endActivity(this.launch, "Cancelled", `Instance failed to complete user's Lifecycle Action: ${action}`);
    this.proceed();
    this.effects.onAbandoned();
  }

  /** Makes the instance wait at all hooks of the transition; `onEnd` is called once. Does nothing without a hook. */
  private awaitHooks(
    transition: LifecycleHook["transition"],
    activity: Activity,
    onEnd: (outcome: LifecycleOutcome, token: string) => void,
  ): void {
    const hooks = this.effects.hooksOf(transition);
    if (hooks.length === 0) return;
    this.instance.lifecycleState = transition === "launching" ? "Pending:Wait" : "Terminating:Wait";
    Object.assign(activity, { status: "MidLifecycleAction", progress: 50 });
    this.actions = hooks.map((hook) => {
      const action = new LifecycleAction(hook, (outcome) => {
        this.actions = this.actions.filter((other) => other !== action);
        if (!outcome.isAbandoned && this.actions.length > 0) return;
        this.cancelActions();
        onEnd(outcome, action.token);
      });
      return action;
    });
  }

  private proceed(): void {
    this.instance.lifecycleState = "Terminating:Proceed";
    this.end();
  }

  private end(): void {
    void this.instance.end(this.effects.stopGraceMilliseconds);
  }
}
