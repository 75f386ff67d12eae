/** The fields of Lambda's context that the functions read. */
export interface RunContext {
  getRemainingTimeInMillis(): number;
  /** The function's ARN, with the alias of the call, if there was one. */
  invokedFunctionArn?: string;
}
