// Inputs with a few possible strings. The schema for other languages takes objects with a type of the same name
// as enums; in TypeScript the plain strings work.

/** Authorization of the API's callers. */
export const Authorization = {
  /** AWS callers, by SigV4. */
  Iam: "iam",
  /** No authorization. */
  None: "none",
} as const;
export type Authorization = (typeof Authorization)[keyof typeof Authorization];

/** Dimension of the workers' metrics. */
export const Metrics = {
  /** By job type. */
  Type: "type",
  /** By component: all its types together. */
  Component: "component",
  /** No metrics. */
  Off: "off",
} as const;
export type Metrics = (typeof Metrics)[keyof typeof Metrics];

/** Addresses that the component's security group lets workers call. */
export const Egress = {
  /** All addresses. */
  Any: "any",
  /** Those of the VPC, which include its endpoints, and those of S3 and DynamoDB; port 443 alone. */
  Aws: "aws",
} as const;
export type Egress = (typeof Egress)[keyof typeof Egress];

/** Time of a message's removal from the queue. */
export const Acknowledge = {
  /** After the job ended: it runs at least once. */
  After: "after",
  /** Before the job runs: at most once. */
  Before: "before",
} as const;
export type Acknowledge = (typeof Acknowledge)[keyof typeof Acknowledge];

/** Form in which a handler gets a payload. */
export const PayloadForm = {
  /** As a JSON value. */
  Value: "value",
  /** As a file. */
  File: "file",
} as const;
export type PayloadForm = (typeof PayloadForm)[keyof typeof PayloadForm];
