import { expect } from "chai";
import { remedyOf } from "../../../../functions/scaler/rules/remedyOf";

/**
 * Auto Scaling's words for refused launches (StatusMessage of DescribeScalingActivities), and the expected part of the
 * remedy.
 */
const refusals: [reason: string, remedy: RegExp | undefined][] = [
  [
    "The specified instance type is not eligible for Free Tier. For a list of Free Tier instance types, run 'describe-instance-types' with the filter 'free-tier-eligible=true'. Launching EC2 instance failed.",
    /free plan.*t4g\.small/,
  ],
  [
    "You have requested more vCPU capacity than your current vCPU limit of 5 allows for the instance bucket that the specified instance type belongs to. Launching EC2 instance failed.",
    /L-1216C47A/,
  ],
  ["Could not launch On-Demand Instances. VcpuLimitExceeded - You have requested more vCPU capacity.", /L-1216C47A/],
  ["You have requested more instances (21) than your current instance limit of 20 allows for.", /L-1216C47A/],
  ["Could not launch Spot Instances. MaxSpotInstanceCountExceeded - Max spot instance count exceeded.", /L-34B43A08/],
  [
    "Could not launch Spot Instances. AuthFailure.ServiceLinkedRoleCreationNotPermitted - The provided credentials do not have permission to create the service-linked role for EC2 Spot Instances.",
    /create-service-linked-role --aws-service-name spot\.amazonaws\.com/,
  ],
  ["Your account is currently blocked. Contact aws-verification@amazon.com if you have questions.", /support/],
  ["PendingVerification - Your request for accessing resources in this region is being validated.", /support/],
  [
    "You are not authorized to perform this operation. Encoded authorization failure message: abc. Launching EC2 instance failed.",
    /policy/,
  ],
  ["Instance became unhealthy. Termination Reason: Client.InvalidKMSKey.InvalidState: The KMS key is disabled", /key/],
  ["The image id '[ami-00000000000000000]' does not exist. Launching EC2 instance failed.", /machineImage/],
  [
    "Your requested instance type (c7g.large) is not supported in your requested Availability Zone (us-east-1e).",
    /instanceTypes.*zones/,
  ],
  [
    "We currently do not have sufficient c7g.large capacity in the Availability Zone you requested (us-east-1a).",
    /instanceTypes/,
  ],
  ["InsufficientFreeAddressesInSubnet - There are not enough free addresses in subnet 'subnet-1'.", /subnets/],
  ["Instance failed to complete user's Lifecycle Action: Lifecycle Action Result was ABANDON", undefined],
  ["Client.InternalError: Client error on launch", undefined],
  ["", undefined],
];

describe("remedyOf", () => {
  for (const [reason, remedy] of refusals) {
    it(`knows ${remedy === undefined ? "no remedy" : "a remedy"} for "${reason.slice(0, 60)}"`, () => {
      if (remedy === undefined) expect(remedyOf(reason)).to.equal(undefined);
      else
        expect(remedyOf(reason))
          .to.match(remedy)
          .and.match(/ \(docs\/operations\.md#[a-z-]+\)$/);
    });
  }
});
