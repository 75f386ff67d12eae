import { randomUUID } from "node:crypto";
import type { Iam } from "../iam/iam";
import type { Lambdas } from "../lambda/lambdas";
import type { Messaging } from "../stores/messaging";
import type { NewObject } from "../stores/objectStore";

/** Events of a bucket, and the function that they go to. */
export interface BucketRule {
  id: string;
  functionArn: string;
  /** Such as `s3:ObjectCreated:*`. */
  events: string[];
  prefix: string;
  suffix: string;
}

/** Calls functions for the objects that are put into buckets, as S3 does. */
export class BucketEvents {
  private readonly rules = new Map<string, BucketRule[]>();
  private sequence = 0;

  constructor(private readonly services: { region: string; lambdas: Lambdas; messaging: Messaging; iam: Iam }) {
    services.messaging.onObjectCreated((object) => this.tell(object));
  }

  /** Replaces the rules of the bucket. */
  set(bucket: string, rules: BucketRule[]): void {
    this.rules.set(bucket, rules);
  }

  delete(bucket: string): void {
    this.rules.delete(bucket);
  }

  private tell(object: NewObject): void {
    for (const rule of this.rules.get(object.bucket) ?? []) {
      const invoke = { action: "lambda:InvokeFunction", resource: rule.functionArn };
      const source = `arn:aws:s3:::${object.bucket}`;
      if (matches(rule, object) && this.services.iam.serviceMay("s3.amazonaws.com", invoke, source)) {
        this.services.lambdas.invokeAsync(rule.functionArn, JSON.stringify(this.eventOf(rule, object)));
      }
    }
  }

  /** "Event message structure", Amazon S3. */
  private eventOf(rule: BucketRule, { bucket, key, bytes, etag, event }: NewObject): unknown {
    const sequencer = (++this.sequence).toString(16).toUpperCase().padStart(18, "0");
    return {
      Records: [
        {
          eventVersion: "2.1",
          eventSource: "aws:s3",
          awsRegion: this.services.region,
          eventTime: new Date().toISOString(),
          eventName: event,
          responseElements: { "x-amz-request-id": randomUUID() },
          s3: {
            s3SchemaVersion: "1.0",
            configurationId: rule.id,
            bucket: { name: bucket, arn: `arn:aws:s3:::${bucket}` },
            object: { key: encodeKey(key), size: bytes, eTag: etag, sequencer },
          },
        },
      ],
    };
  }
}

function matches({ events, prefix, suffix }: BucketRule, { event, key }: NewObject): boolean {
  const isMeant = events.some((name) => name === `s3:${event}` || name === "s3:ObjectCreated:*");
  return isMeant && key.startsWith(prefix) && key.endsWith(suffix);
}

/** As in a form: a space is a plus sign, slashes stay. */
function encodeKey(key: string): string {
  return encodeURIComponent(key).replaceAll("%20", "+").replaceAll("%2F", "/");
}
