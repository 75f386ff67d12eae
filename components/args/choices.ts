// Inputs that are one of a few texts. Objects with a type of the same name are what the schema for other languages
// takes as enums; in TypeScript the plain texts do.

/** Who may call the API. */
export const Authorization = {
  /** AWS callers, by SigV4. */
  Iam: "iam",
  /** Holders of an issuer's tokens. */
  Jwt: "jwt",
  /** Everybody. */
  None: "none",
} as const;
export type Authorization = (typeof Authorization)[keyof typeof Authorization];

/** What the workers' metrics are told apart by. */
export const Metrics = {
  /** By job type. */
  Type: "type",
  /** By component: all its types together. */
  Component: "component",
  /** There are none. */
  Off: "off",
} as const;
export type Metrics = (typeof Metrics)[keyof typeof Metrics];

/** Addresses that the component's security group lets workers call. */
export const Egress = {
  /** Every address. */
  Any: "any",
  /** The VPC's own, where its endpoints are, and those of S3 and DynamoDB; port 443 alone. */
  Aws: "aws",
} as const;
export type Egress = (typeof Egress)[keyof typeof Egress];

/** Processor architecture of instances and images. */
export const Architecture = {
  Arm64: "arm64",
  X86_64: "x86_64",
} as const;
export type Architecture = (typeof Architecture)[keyof typeof Architecture];

/** When a job's message is removed from the queue. */
export const Acknowledge = {
  /** After the job ended: it runs at least once. */
  After: "after",
  /** Before the job runs: at most once. */
  Before: "before",
} as const;
export type Acknowledge = (typeof Acknowledge)[keyof typeof Acknowledge];
