/** The most that the types' instances should cost on a day, in UTC. */
export interface BudgetArgs {
  /** US dollars of all types' instances, idle ones included, over which an alarm fires until midnight. @example 25 */
  dollarsPerDay: number;
  /** Consequence of a higher cost: `alarm` is the only one yet, and stops no job. @default "alarm" @example "alarm" */
  then?: string;
}
