/** Refusals of launches, by AWS's words or code, and their remedies. The first match counts. */
const remedies: [refusal: RegExp, remedy: string][] = [
  [/free tier/i, 'The free plan launches few instanceTypes, ["t4g.small"] for one (docs/operations.md#the-free-plan)'],
  [
    /service.?linked.?role/i,
    "Create the role once: aws iam create-service-linked-role --aws-service-name spot.amazonaws.com (docs/operations.md#no-role-for-spot)",
  ],
  [
    /spot ?instance ?count|SpotMaxPrice/i,
    "Ask EC2 for a higher quota of spot vCPUs: L-34B43A08 for standard types (docs/operations.md#not-enough-vcpus)",
  ],
  [
    /vcpu ?limit|vcpu capacity|instance ?limit/i,
    "Ask EC2 for a higher quota of vCPUs: L-1216C47A for standard types (docs/operations.md#not-enough-vcpus)",
  ],
  [
    /PendingVerification|account is currently|OptInRequired|not signed up/i,
    "AWS support releases the account for EC2 (docs/operations.md#the-account-is-not-ready)",
  ],
  [
    /Unauthorized|not authorized|explicit deny/i,
    "A policy forbids it: it may ask for tags, encryption or other types (docs/operations.md#a-policy-forbids-it)",
  ],
  [
    /InvalidKMSKey|KMS/,
    "Let AWSServiceRoleForAutoScaling use the disks' key and create grants (docs/operations.md#the-key-of-the-disks)",
  ],
  [
    /image id .*does not exist|InvalidAMIID/i,
    "The machine image is gone: give machineImage another label or id (docs/operations.md#the-machine-image-is-gone)",
  ],
  [
    /not supported in your requested|Unsupported/,
    "Name further instanceTypes, or subnets in zones with them (docs/operations.md#a-zone-without-the-type)",
  ],
  [/sufficient[^,]*capacity/i, "AWS has none free: name further instanceTypes (docs/operations.md#no-capacity)"],
  [/free ?addresses/i, "The subnets are full: name further ones (docs/operations.md#the-subnets-are-full)"],
];

/** The remedy of a refused launch, for people; undefined for an unknown reason. */
export function remedyOf(reason: string): string | undefined {
  return remedies.find(([refusal]) => refusal.test(reason))?.[1];
}
