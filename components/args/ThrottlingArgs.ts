/** Requests that the API takes before it answers 429. */
export interface ThrottlingArgs {
  /** Requests at once. @default 1000 @example 2000 */
  burstLimit?: number;
  /** Requests per second. @default 500 @example 1000 */
  rateLimit?: number;
}
