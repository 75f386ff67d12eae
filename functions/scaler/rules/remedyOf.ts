/** Refusals of launches, by AWS's words or code, and their remedies. The first match counts. */
const remedies: [refusal: RegExp, remedy: string][] = [
  [/free tier/i, 'On the free plan set instanceTypes: ["t4g.small"] (docs/operations.md#the-free-plan)'],
  [
    /service.?linked.?role/i,
    "Run once: aws iam create-service-linked-role --aws-service-name spot.amazonaws.com (docs/operations.md#no-role-for-spot)",
  ],
  [
    /spot ?instance ?count|SpotMaxPrice/i,
    "Ask EC2 for a higher quota, for standard types L-34B43A08 (docs/operations.md#not-enough-vcpus)",
  ],
  [
    /vcpu ?(limit|capacity)|instance ?limit/i,
    "Ask EC2 for a higher quota, for standard types L-1216C47A (docs/operations.md#not-enough-vcpus)",
  ],
  [
    /PendingVerification|account is currently|OptInRequired|not signed up/i,
    "AWS support releases the account for EC2 (docs/operations.md#the-account-is-not-ready)",
  ],
  [
    /Unauthorized|not authorized|explicit deny/i,
    "A policy may ask for tags, encryption or other types (docs/operations.md#a-policy-forbids-it)",
  ],
  [/KMS/, "Let AWSServiceRoleForAutoScaling use the disks' key (docs/operations.md#the-key-of-the-disks)"],
  [
    /image id .*does not exist|InvalidAMIID/i,
    "Give machineImage another label or id (docs/operations.md#the-machine-image-is-gone)",
  ],
  [
    /not supported in your requested|Unsupported/,
    "Name further instanceTypes, or subnets in zones with them (docs/operations.md#a-zone-without-the-type)",
  ],
  [/sufficient[^,]*capacity/i, "Name further instanceTypes (docs/operations.md#no-capacity)"],
  [/free ?addresses/i, "Name further subnets (docs/operations.md#the-subnets-are-full)"],
];

/** The remedy of a refused launch, for people; undefined for an unknown reason. */
export function remedyOf(reason: string): string | undefined {
  return remedies.find(([refusal]) => refusal.test(reason))?.[1];
}
