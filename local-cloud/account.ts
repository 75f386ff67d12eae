/** Every ARN of the local cloud names this account. */
export const accountId = "000000000000";
