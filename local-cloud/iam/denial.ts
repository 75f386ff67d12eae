import { accountId } from "../account";
import type { Refusal } from "../wire/faults";
import type { Ask, Decision } from "./evaluate";

/**
 * Status and code of a service's refusals, by its name in the credential scope, if they differ from those of most; see
 * its API reference, "Common Errors".
 */
const codes: Record<string, Pick<Refusal, "status" | "code">> = {
  sns: { status: 403, code: "AuthorizationError" },
  dynamodb: { status: 400, code: "AccessDeniedException" },
  lambda: { status: 403, code: "AccessDeniedException" },
  scheduler: { status: 403, code: "AccessDeniedException" },
};

/** A refusal of the service, which names role, action and resource ("Troubleshoot access denied error messages"). */
export function denial(
  service: string,
  caller: { roleArn: string; name: string },
  { action, resource }: Ask,
  decision: Extract<Decision, { isAllowed: false }>,
): Refusal {
  const word = actionInWords(action);
  const reason =
    "by" in decision
      ? `with an explicit deny in ${decision.by === "identity" ? "an identity" : "a resource"}-based policy`
      : `because no identity-based policy allows the ${word} action`;
  const { status, code } = codes[service] ?? { status: 403, code: "AccessDenied" };
  const shown = service === "s3" ? `"${resource}"` : resource;
  const message = `User: ${sessionArn(caller)} is not authorized to perform: ${word} on resource: ${shown} ${reason}`;
  return { status, code, message };
}

/** SQS and SNS have spellings of their own. */
function actionInWords(action: string): string {
  return action.startsWith("sqs:") ? action.toLowerCase() : action.replace(/^sns:/, "SNS:");
}

/** Sessions are named after the function or the instance. */
export function sessionArn({ roleArn, name }: { roleArn: string; name: string }): string {
  return `arn:aws:sts::${accountId}:assumed-role/${roleArn.replace(/^.*[/]/, "")}/${name}`;
}
