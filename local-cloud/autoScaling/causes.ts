/** Sentences of scaling activities' causes, in AWS's words ("Verify a scaling activity for an Auto Scaling group"). */
export const causes = {
  created: (desired: number) =>
    `a user request created an AutoScalingGroup changing the desired capacity from 0 to ${desired}.`,
  desiredSet: (from: number, to: number) =>
    `a user request explicitly set group desired capacity changing the desired capacity from ${from} to ${to}.`,
  updated: (by: "user request" | "scheduled action", min: number, max: number, from: number, to: number) =>
    `a ${by} update of AutoScalingGroup constraints to min: ${min}, max: ${max}, desired: ${to} changing the desired capacity from ${from} to ${to}.`,
  started: (from: number) =>
    `an instance was started in response to a difference between desired and actual capacity, increasing the capacity from ${from} to ${from + 1}.`,
  shrunk: (from: number) =>
    `an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from ${from} to ${from - 1}.`,
  selected: (instanceId: string) => `instance ${instanceId} was selected for termination.`,
  requested: (instanceId: string, shrinking?: { from: number; to: number }) => {
    const end = shrinking ? `, shrinking the capacity from ${shrinking.from} to ${shrinking.to}.` : ".";
    return `instance ${instanceId} was taken out of service in response to a user request${end}`;
  },
  refreshed: "an instance was taken out of service in response to an instance refresh.",
  markedUnhealthy: "an instance was taken out of service in response to a user health-check.",
  foundDead:
    "an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped.",
  replaced: "an instance was launched in response to an unhealthy instance needing to be replaced.",
};

/** Sentences with their time, joined as AWS does. */
export function causeOf(...sentences: (string | undefined)[]): string {
  const now = new Date().toISOString().replace(/\.\d+/, "");
  return sentences
    .filter((sentence) => sentence !== undefined)
    .map((sentence) => `At ${now} ${sentence}`)
    .join("  ");
}
