/** An instance as Auto Scaling reports it, by its lifecycle ("Amazon EC2 Auto Scaling instance lifecycle"). */
interface Member {
  /** `Pending:Wait`, `InService`, `Terminating:Proceed` and so on. */
  lifecycleState: string;
}

/** True if the instance takes jobs. */
export function isInService({ lifecycleState }: Member): boolean {
  return lifecycleState === "InService";
}

/** True if the instance takes jobs, or is about to: its launch hook has been completed. */
export function isReady({ lifecycleState }: Member): boolean {
  return /^(InService|Pending:Proceed)/.test(lifecycleState);
}

/** True if the instance counts for capacity: it takes jobs, or is being launched. */
export function isLive({ lifecycleState }: Member): boolean {
  return /^(InService|Pending)/.test(lifecycleState);
}
