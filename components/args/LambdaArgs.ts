/** Memory and concurrency of one of the component's Lambda functions. */
export interface LambdaArgs {
  /**
   * Memory, in MB, 128–10,240; the CPU grows with it.
   * @default - 512 of the front end, 256 of the router
   * @example 1024
   */
  memorySize?: number;
  /** Concurrency reserved for the function, which is also its limit. @default - none @example 50 */
  reservedConcurrency?: number;
  /**
   * Environments kept initialised, at most `reservedConcurrency`; they cost money while idle.
   * @default - none
   * @example 2
   */
  provisionedConcurrency?: number;
}
