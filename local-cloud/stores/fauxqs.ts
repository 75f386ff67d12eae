/** A queue in fauxqs: the members that the local cloud uses. */
export interface StoredQueue {
  name: string;
  url: string;
  arn: string;
  attributes: Record<string, string>;
  messages: StoredMessage[];
  inflightMessages: Map<string, { message: StoredMessage; visibilityDeadline: number }>;
  pollWaiters: { resolve(): void; timer: NodeJS.Timeout }[];
  isFifo(): boolean;
  enqueue(message: StoredMessage): void;
  dequeue(
    count: number,
    visibility?: number,
    deadLetterQueueOf?: (arn: string) => StoredQueue | undefined,
  ): { MessageId: string; ReceiptHandle: string }[];
  deleteMessage(receiptHandle: string): boolean;
  changeVisibility(receiptHandle: string, timeoutSeconds: number): void;
  purge(): void;
  inspectMessages(): { ready: StoredMessage[]; delayed: StoredMessage[]; inflight: { message: StoredMessage }[] };
  processTimers(): void;
  setAttributes(attributes: Record<string, string>): void;
  notifyWaiters(): void;
}

export interface StoredMessage {
  messageId: string;
  body: string;
  /** Epoch milliseconds. */
  sentTimestamp: number;
  /** Epoch milliseconds. */
  delayUntil?: number | undefined;
  /** Of FIFO queues. */
  sequenceNumber?: string;
  approximateReceiveCount: number;
  /** The queue whose redrive policy moved it here. */
  deadLetterSourceArn?: string;
}

export interface StoredSubscription {
  arn: string;
  topicArn: string;
  protocol: string;
  endpoint: string;
  confirmed: boolean;
  attributes: Record<string, string>;
}

export interface MessageAttribute {
  DataType: string;
  StringValue: string;
}

export declare class SqsStore {
  static createMessage(body: string, attributes?: Record<string, MessageAttribute>): StoredMessage;
  createQueue(...args: [name: string, url: string, arn: string, ...rest: unknown[]]): StoredQueue;
  deleteQueue(url: string): boolean;
  buildQueueUrl(name: string, port: string, host: string, region: string): string;
  getQueue(url: string): StoredQueue | undefined;
  getQueueByName(name: string): StoredQueue | undefined;
  getQueueByArn(arn: string): StoredQueue | undefined;
  listQueues(): StoredQueue[];
}

export declare class SnsStore {
  subscribe(...args: [topicArn: string, protocol: string, ...rest: unknown[]]): StoredSubscription | undefined;
  getSubscription(arn: string): StoredSubscription | undefined;
  getTopic(arn: string): { attributes: Record<string, string> } | undefined;
}

export interface StoredObject {
  key: string;
  body: Buffer;
  contentType: string;
  metadata: Record<string, string>;
  contentLength: number;
  /** In quotes. */
  etag: string;
}

export declare class S3Store {
  readonly buckets: Map<string, Map<string, StoredObject>>;
  readonly multipartUploads: Map<string, { bucket: string }>;
  createBucket(name: string): void;
  /** @throws Error if there is no such object */
  headObject(bucket: string, key: string): StoredObject;
  deleteObject(bucket: string, key: string): void;
  putObject(...args: [bucket: string, key: string, body: Buffer, ...rest: unknown[]]): StoredObject;
  completeMultipartUpload(...args: [uploadId: string, parts: unknown[]]): StoredObject;
}
