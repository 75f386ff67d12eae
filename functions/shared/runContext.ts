/** What a Lambda function is told of its time. */
export interface RunContext {
  getRemainingTimeInMillis(): number;
  /** The function's ARN, with the alias that it was called by, if it was. */
  invokedFunctionArn?: string;
}
