/**
 * List prices of us-east-1 in dollars for a million, without free tiers, as AWS's pricing pages say in November 2026.
 */
export const prices = {
  /** "Amazon API Gateway pricing", HTTP APIs, first 300 million; a request of up to 512 KB. */
  apiRequest: 1.0,
  /** "AWS Lambda pricing": requests. */
  lambdaRequest: 0.2,
  /** "AWS Lambda pricing": a GB-second on Arm. */
  lambdaGbSecond: 13.333_4,
  /** "Amazon SNS pricing", standard topics; 64 KB each. Deliveries to Lambda are free. */
  snsPublish: 0.5,
  /** "Amazon SQS pricing", standard queues; a call of up to ten messages, 64 KB each. */
  sqsRequest: 0.4,
  /** "Amazon DynamoDB pricing", on demand: a write of up to 1 KB. */
  dynamoWrite: 0.625,
  /**
   * "Amazon DynamoDB pricing", on demand: a strongly consistent read of up to 4 KB; eventually consistent ones are
   * half.
   */
  dynamoRead: 0.125,
} as const;
