import { setTimeout as sleep } from "node:timers/promises";
import type { Iam } from "../iam/iam";
import type { Lambdas } from "../lambda/lambdas";
import type { Log } from "../log";
import type { Messaging } from "../stores/messaging";
import type { Notification } from "../stores/notification";
import type { Faults } from "../wire/faults";
import type { RegionOutage } from "../wire/regionOutage";

/** AWS retries for 23 days ("Amazon SNS message delivery retries"); here a few tries within seconds replace that. */
const retryDelaysMilliseconds = [100, 400, 1_600];

/** Delivers SNS notifications to Lambda functions; undeliverable ones go to the subscription's dead-letter queue. */
export function deliverToLambdas(services: Services & { log: Log }): void {
  services.messaging.onNotification((notification) => {
    deliver(services, notification).catch((error: Error) =>
      services.log({ source: "cloud", name: notification.subscription.arn, stream: "stderr", line: error.message }),
    );
  });
}

const principal = "sns.amazonaws.com";

interface Services {
  messaging: Messaging;
  lambdas: Lambdas;
  faults: Faults;
  region: string;
  outage: RegionOutage;
  iam: Iam;
}

interface Failure {
  code: string;
  message: string;
  isRetryable: boolean;
}

async function deliver(services: Services, notification: Notification): Promise<void> {
  for (const delay of [...retryDelaysMilliseconds, undefined]) {
    const failure = await attempt(services, notification);
    if (!failure) return;
    if (failure.isRetryable && delay !== undefined) await sleep(delay, undefined, { ref: false });
    else return deadLetter(services, notification, failure);
  }
}

async function attempt(
  { lambdas, faults, region, outage, iam }: Services,
  { functionArn, subscription, body }: Notification,
): Promise<Failure | undefined> {
  const target = lambdas.find(functionArn);
  if (!target) {
    return { code: "ResourceNotFoundException", message: `There is no function ${functionArn}`, isRetryable: false };
  }
  const invoke = { action: "lambda:InvokeFunction", resource: functionArn };
  if (!iam.serviceMay(principal, invoke, subscription.topicArn)) {
    const message = `User: ${principal} is not authorized to perform: ${invoke.action} on resource: ${functionArn} because no resource-based policy allows the ${invoke.action} action`;
    return { code: "AccessDeniedException", message, isRetryable: false };
  }
  // Without faults the event is passed on, and kept, before the publisher has its answer.
  const call = { region, service: "lambda", action: "Invoke", body, caller: target.spec.name };
  // In an outage of Lambda the event waits there.
  const refusal = faults.isEmpty || outage.hits("lambda") ? undefined : await faults.strike(call);
  if (refusal) return { ...refusal, isRetryable: refusal.status >= 500 || refusal.status === 429 };
  lambdas.invokeAsync(functionArn, JSON.stringify(lambdaEvent(subscription.arn, body)));
  return undefined;
}

function deadLetter({ messaging, iam }: Services, { subscription, body }: Notification, failure: Failure): void {
  const { deadLetterTargetArn } = JSON.parse(subscription.attributes.RedrivePolicy ?? "{}") as {
    deadLetterTargetArn?: string;
  };
  if (!deadLetterTargetArn) {
    throw new Error(`A notification is lost: ${failure.message}, and the subscription has no dead-letter queue`);
  }
  const send = { action: "sqs:SendMessage", resource: deadLetterTargetArn };
  if (!iam.serviceMay(principal, send, subscription.topicArn)) {
    throw new Error(
      `A notification is lost: ${failure.message}, and ${principal} may not send to the dead-letter queue`,
    );
  }
  messaging.send(deadLetterTargetArn, body, { ErrorCode: failure.code, ErrorMessage: failure.message });
}

/** The event as Lambda gets it from SNS ("Invoking Lambda functions with Amazon SNS notifications"). */
function lambdaEvent(subscriptionArn: string, body: string): unknown {
  const { SigningCertURL, UnsubscribeURL, ...rest } = JSON.parse(body) as Record<string, unknown>;
  const sns = {
    Subject: null,
    MessageAttributes: {},
    ...rest,
    SigningCertUrl: SigningCertURL,
    UnsubscribeUrl: UnsubscribeURL,
  };
  return {
    Records: [{ EventSource: "aws:sns", EventVersion: "1.0", EventSubscriptionArn: subscriptionArn, Sns: sns }],
  };
}
