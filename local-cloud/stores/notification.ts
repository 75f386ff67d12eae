import type { StoredSubscription } from "./fauxqs";

/** A notification on its way to a Lambda function. */
export interface Notification {
  functionArn: string;
  subscription: StoredSubscription;
  /** The notification as SNS writes it into a queue. */
  body: string;
}
