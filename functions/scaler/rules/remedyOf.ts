export const deploymentOnlyModule = true;

/** Refusals of launches, by AWS's words or code, and what ends them. The first that fits counts. */
const remedies: [refusal: RegExp, remedy: string][] = [
  [
    /free tier/i,
    'The account is on the free plan: set instanceTypes to one that it may launch, such as ["t4g.small"], or leave the plan (docs/deploy.md)',
  ],
  [
    /service.linked role|ServiceLinkedRole/i,
    "Create the role once: aws iam create-service-linked-role --aws-service-name spot.amazonaws.com (docs/deploy.md)",
  ],
  [
    /spot instance count|MaxSpotInstanceCount|SpotMaxPrice/i,
    "Ask for a higher quota of spot vCPUs: L-34B43A08 of service ec2, for standard instance types (docs/deploy.md)",
  ],
  [
    /vcpu (capacity|limit)|VcpuLimit|InstanceLimitExceeded|instance limit/i,
    "Ask for a higher quota of vCPUs: L-1216C47A of service ec2, for standard instance types (docs/deploy.md)",
  ],
  [
    /PendingVerification|account is currently (blocked|being verified)|OptInRequired|not signed up/i,
    "AWS has not released the account for EC2 yet: its support does",
  ],
  [
    /UnauthorizedOperation|not authorized to (perform|use)|explicit deny/i,
    "A policy of the organization or the account forbids the launch: it may ask for tags, encryption or other types (docs/deploy.md)",
  ],
  [/InvalidKMSKey|KMS/, "Let AWSServiceRoleForAutoScaling use the disks' key and create grants (docs/security.md)"],
  [/image id .*does not exist|InvalidAMIID/i, "The machine image is gone: set machineImage anew (docs/fleet.md)"],
  [
    /not supported in your requested Availability Zone|Unsupported/,
    "Name further instanceTypes, or subnets in zones that offer them (docs/network.md)",
  ],
  [
    /sufficient [^,]*capacity|InsufficientInstanceCapacity/i,
    "AWS has none of them free just now: name further instanceTypes (docs/fleet.md)",
  ],
  [/free addresses|InsufficientFreeAddresses/i, "The subnets are full: give larger or further ones (docs/network.md)"],
];

/** What ends the refusal of a launch, for a person; undefined for a reason that isn't known. */
export function remedyOf(reason: string): string | undefined {
  return remedies.find(([refusal]) => refusal.test(reason))?.[1];
}
