/** Timeouts of calls to AWS, in milliseconds: one that hangs must not hold up a heartbeat for long. */
export const callTimeouts = { connectionTimeout: 3_000, requestTimeout: 8_000, throwOnRequestTimeout: true };
