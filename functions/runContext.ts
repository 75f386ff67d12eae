export const deploymentOnlyModule = true;

/** What a Lambda function is told of its time. */
export interface RunContext {
  getRemainingTimeInMillis(): number;
}
