import { parsePolicy, type Policy } from "./policy";

/** The policies of queues and topics, as text, live with them. */
export interface PolicyTexts {
  queuePolicy(arn: string): string | undefined;
  topicPolicy(arn: string): string | undefined;
}

/** Policies of resources. */
export class ResourcePolicies {
  /** Of buckets and functions, by ARN and the policy's name. */
  private readonly policies = new Map<string, Map<string, Policy>>();
  /** Texts already parsed. */
  private readonly parsed = new Map<string, Policy>();

  constructor(private readonly texts: PolicyTexts) {}

  put(arn: string, name: string, document: string | object): void {
    const policy = parsePolicy(document, { owner: arn, policy: name, kind: "resource" });
    const all = this.policies.get(arn) ?? new Map<string, Policy>();
    this.policies.set(arn, all.set(name, policy));
  }

  delete(arn: string, name: string): void {
    this.policies.get(arn)?.delete(name);
  }

  of(arn: string): Policy | undefined {
    if (arn.startsWith("arn:aws:sqs:")) return this.parse(arn, this.texts.queuePolicy(arn));
    if (arn.startsWith("arn:aws:sns:")) return this.parse(arn, this.texts.topicPolicy(arn));
    const owner = arn.startsWith("arn:aws:s3:") ? arn.replace(/[/].*$/, "") : arn;
    const all = this.policies.get(owner);
    return all && [...all.values()].flat();
  }

  /** @throws Error if the text is no policy that can be enforced */
  check(arn: string, text: string): void {
    this.parse(arn, text);
  }

  private parse(arn: string, text: string | undefined): Policy | undefined {
    if (!text) return undefined;
    const key = `${arn} ${text}`;
    const known = this.parsed.get(key);
    if (known) return known;
    const policy = parsePolicy(text, { owner: arn, policy: "Policy", kind: "resource" });
    this.parsed.set(key, policy);
    return policy;
  }
}

/** The statement that Lambda makes of an `aws.lambda.Permission` ("AddPermission", AWS Lambda API Reference). */
export function permissionStatement(
  functionArn: string,
  inputs: { statementId: string; action: string; principal: string; sourceArn?: string; sourceAccount?: string },
): object {
  const { statementId, action, principal, sourceArn, sourceAccount } = inputs;
  const isService = principal.includes(".");
  const account = /^\d{12}$/.test(principal) ? `arn:aws:iam::${principal}:root` : principal;
  return {
    Version: "2012-10-17",
    Statement: {
      Sid: statementId,
      Effect: "Allow",
      Principal: isService && !principal.startsWith("arn:") ? { Service: principal } : { AWS: account },
      Action: action,
      Resource: functionArn,
      Condition: {
        ...(sourceArn !== undefined && { ArnLike: { "aws:SourceArn": sourceArn } }),
        ...(sourceAccount !== undefined && { StringEquals: { "aws:SourceAccount": sourceAccount } }),
      },
    },
  };
}
