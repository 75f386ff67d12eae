/**
 * Options of every AWS client: give up on a call well before the function itself times out, so that there is an answer.
 * A function of its own, since each client changes the object that it is given.
 */
export function clientOptions() {
  return {
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true },
  };
}
