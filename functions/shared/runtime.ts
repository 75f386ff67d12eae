/** The fields of Lambda's context that the functions read. */
export interface RunContext {
  getRemainingTimeInMillis(): number;
  /** The function's ARN, with the alias of the call, if there was one. */
  invokedFunctionArn?: string;
}

/** The value of an environment variable that the deployment always sets. */
export function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`Expected the environment variable ${name}, got nothing`);
  return value;
}

/**
 * Options of every AWS client: give up on a call well before the function itself times out, so that there is an answer.
 * A function of its own, since each client changes the object that it is given.
 */
export function clientOptions(maxAttempts = 2) {
  return {
    maxAttempts,
    // SQS at the client's own endpoint, not that of a queue's URL: they differ only if a test replaces AWS.
    useQueueUrlAsEndpoint: false,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true },
  };
}

/** Epoch milliseconds. */
export const now = Date.now;

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
