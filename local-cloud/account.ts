/** Account in every ARN of the local cloud. */
export const accountId = "000000000000";
