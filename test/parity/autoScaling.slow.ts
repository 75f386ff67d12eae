import { setTimeout as sleep } from "node:timers/promises";
import {
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  DescribeScalingActivitiesCommand,
  SetDesiredCapacityCommand,
  SetInstanceHealthCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from "@aws-sdk/client-auto-scaling";
import { type Command, type Difference, expectSame, outcome } from "./compare";
import { type GroupPlan, type Side, startLocal, startMoto } from "./sides";

const noMember = "nothing in it";

/** The pages are of the "Amazon EC2 Auto Scaling API Reference" unless they say otherwise. */
const ofGroups: Difference[] = [
  {
    at: "AutoScalingGroups.*.ServiceLinkedRoleARN",
    ours: undefined,
    moto: "arn:aws:iam::account:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
    because: "AutoScalingGroup: not required; the local cloud has no service-linked roles",
  },
  {
    at: "AutoScalingGroups.*.TrafficSources",
    ours: noMember,
    moto: undefined,
    because: "AutoScalingGroup: the traffic sources of a group; moto doesn't know them",
  },
];

const ofMixedGroups: Difference[] = [
  ...ofGroups,
  {
    at: "AutoScalingGroups.*.Instances.*.InstanceType",
    ours: "t3.small",
    moto: "t3.micro",
    because: "LaunchTemplateOverrides: an override replaces the launch template's type; moto keeps the template's",
  },
  ...[
    ["OnDemandAllocationStrategy", "prioritized"],
    ["SpotAllocationStrategy", "lowest-price"],
  ].map(([name, ours]) => ({
    at: `AutoScalingGroups.*.MixedInstancesPolicy.InstancesDistribution.${name}`,
    ours,
    moto: undefined,
    because: `InstancesDistribution: default ${ours}; moto tells only what it was given`,
  })),
];

const ofInstances: Difference[] = [
  {
    at: "AutoScalingInstances.*.HealthStatus",
    ours: "HEALTHY",
    moto: "Healthy",
    because: "DescribeAutoScalingInstances: in capitals in the answer's example",
  },
];

const ofActivities: Difference[] = [
  {
    at: "Activity.AutoScalingGroupARN",
    ours: "arn:aws:autoscaling:us-east-1:account:autoScalingGroup:a uuid:autoScalingGroupName/workers",
    moto: undefined,
    because: "Activity: the ARN of the group",
  },
  {
    at: "Activity.Details",
    ours: '{"Availability Zone":"us-east-1a"}',
    moto: undefined,
    because: "Activity: the details about the activity; the answer's example has them",
  },
  {
    at: "Activity.EndTime",
    ours: undefined,
    moto: "a time",
    because: "Activity: the end time; one in progress has none",
  },
];

/** If moto fails, the SDK finds a page of HTML. */
const stumble = `@aws-sdk XML parse error: mismatched tags <html> and </title>.
  Deserialization error: to see the raw response, inspect the hidden field {error}.$response on this object.`;

/** moto fails where AWS refuses. */
function motoFails(message: string, because: string): Difference[] {
  return [
    { at: "error.name", ours: "ValidationError", moto: "Error", because },
    { at: "error.status", ours: 400, moto: 500, because },
    { at: "error.message", ours: message, moto: stumble, because },
  ];
}

/** moto does what AWS refuses. */
function motoAccepts(message: string, because: string): Difference[] {
  return [
    { at: "error.name", ours: "ValidationError", moto: undefined, because },
    { at: "error.status", ours: 400, moto: undefined, because },
    { at: "error.message", ours: message, moto: undefined, because },
  ];
}

const unknownInstance = "Instance Id not found - No managed instance found for instance ID: i-…";
const unknownGroup = "AutoScalingGroup name not found - AutoScalingGroup nowhere not found";
const nowhere = "i-00000000000000000";

const plans: GroupPlan[] = [
  { name: "workers", minSize: 1, maxSize: 4, desiredCapacity: 3, tags: { fleet: "table/a", owner: "b" } },
  { name: "mixed", minSize: 0, maxSize: 4, desiredCapacity: 2, instanceTypes: ["t3.small", "t3.medium"] },
  { name: "empty", minSize: 0, maxSize: 4, desiredCapacity: 0, tags: { fleet: "table/b" } },
  { name: "bounded", minSize: 1, maxSize: 4, desiredCapacity: 1 },
];

/** Each call is made to the local cloud and to moto; AWS's documentation decides where they differ. */
describe("Auto Scaling, beside moto", () => {
  let ours: Side;
  let moto: Side;

  before(async () => {
    [ours, moto] = await Promise.all([startLocal(plans), startMoto(plans)]);
    await settle();
  });
  after(() => Promise.all([ours?.stop(), moto?.stop()]));

  type MakeCommand = (side: Side) => Promise<Command>;
  async function same(command: Command | MakeCommand, differences?: Difference[]) {
    const made = (side: Side) =>
      typeof command === "function" ? (command as MakeCommand)(side) : Promise.resolve(command);
    const [own, other] = await Promise.all([ours, moto].map(async (side) => outcome(side, await made(side))));
    expectSame(own!, other!, differences);
    await settle();
  }

  const idsOf = async ({ client }: Side, group: string) => {
    const command = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group] });
    const { AutoScalingGroups } = await client.send(command);
    const living = AutoScalingGroups![0]!.Instances!.filter(({ LifecycleState }) => LifecycleState === "InService");
    return living.map(({ InstanceId }) => InstanceId!);
  };
  const firstOf = async (side: Side, group: string) => (await idsOf(side, group))[0]!;
  const groups = (...AutoScalingGroupNames: string[]) =>
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames });
  const setDesired = (AutoScalingGroupName: string, DesiredCapacity: number) =>
    new SetDesiredCapacityCommand({ AutoScalingGroupName, DesiredCapacity });
  const terminate = (lowersDesired: boolean, id?: string) => async (side: Side) =>
    new TerminateInstanceInAutoScalingGroupCommand({
      InstanceId: id ?? (await firstOf(side, "workers")),
      ShouldDecrementDesiredCapacity: lowersDesired,
    });

  /** moto does everything at once; here instances take their time to come and go. */
  async function settle(): Promise<void> {
    const wanted = async () => {
      const { AutoScalingGroups } = await ours.client.send(new DescribeAutoScalingGroupsCommand());
      return AutoScalingGroups!.every(
        ({ Instances, DesiredCapacity }) =>
          Instances!.length >= DesiredCapacity! &&
          Instances!.every(({ LifecycleState }) => LifecycleState === "InService"),
      );
    };
    for (let tries = 0; !(await wanted()); tries++) {
      if (tries > 200) throw new Error("Expected the local groups to settle");
      await sleep(25);
    }
  }

  describe("DescribeAutoScalingGroups", () => {
    it("of a group", () => same(groups("workers"), ofGroups));
    it("of one with a mixed instances policy", () => same(groups("mixed"), ofMixedGroups));
    it("of an empty one", () => same(groups("empty"), ofGroups));
    it("of one that isn't there", () => same(groups("nowhere")));
    for (const [name, value] of [
      ["tag:fleet", "table/a"],
      ["tag-key", "owner"],
      ["tag-value", "table/b"],
    ] as const) {
      it(`by ${name}`, () =>
        same(new DescribeAutoScalingGroupsCommand({ Filters: [{ Name: name, Values: [value, "x"] }] }), ofGroups));
    }
    it("by a tag that no group has", () =>
      same(new DescribeAutoScalingGroupsCommand({ Filters: [{ Name: "tag:fleet", Values: ["table/*"] }] })));
    it("page by page", async () => {
      const token = "Tokens are each side's own";
      const different = [{ at: "NextToken", ours: "ZnJvbSAx", moto: "workers", because: token }];
      await same(new DescribeAutoScalingGroupsCommand({ MaxRecords: 1 }), [...ofGroups, ...different]);
      const second = async ({ client }: Side) => {
        const { NextToken } = await client.send(new DescribeAutoScalingGroupsCommand({ MaxRecords: 1 }));
        return new DescribeAutoScalingGroupsCommand({ MaxRecords: 3, NextToken });
      };
      await same(second, ofMixedGroups);
    });
    it("in pages that are too large", () => {
      const message = "1 validation error detected: Value '101' at 'maxRecords' failed to satisfy constraint: Member must have value less than or equal to 100"; // prettier-ignore
      const because = "DescribeAutoScalingGroups: MaxRecords is at most 100";
      return same(new DescribeAutoScalingGroupsCommand({ MaxRecords: 101 }), motoFails(message, because));
    });
  });

  describe("DescribeAutoScalingInstances", () => {
    it("of some", () =>
      same(
        async (side) => new DescribeAutoScalingInstancesCommand({ InstanceIds: await idsOf(side, "workers") }),
        ofInstances,
      ));
    it("of one that isn't there", () => same(new DescribeAutoScalingInstancesCommand({ InstanceIds: [nowhere] })));
  });

  describe("SetDesiredCapacity", () => {
    it("raises", async () => {
      await same(setDesired("workers", 4));
      await same(groups("workers"), ofGroups);
    });
    it("lowers nothing that is protected, and desired is lowered nevertheless", async () => {
      await same(setDesired("mixed", 1));
      await same(groups("mixed"), ofMixedGroups);
    });
    it("refuses what is above the maximum or below the minimum", async () => {
      const because = "User Guide, Set scaling limits: desired is within minimum and maximum";
      const above = "New SetDesiredCapacity value 9 is above max value 4 for the AutoScalingGroup.";
      const below = "New SetDesiredCapacity value 0 is below min value 1 for the AutoScalingGroup.";
      // A group of its own: moto does as it is told.
      await same(setDesired("bounded", 9), motoAccepts(above, because));
      await same(setDesired("bounded", 0), motoAccepts(below, because));
    });
    it("refuses a group that isn't there", () =>
      same(setDesired("nowhere", 1), motoFails(unknownGroup, "Common Error Types: ValidationError")));
  });

  describe("TerminateInstanceInAutoScalingGroup", () => {
    const because = "SetInstanceHealth, TerminateInstanceInAutoScalingGroup: ValidationError";
    /** moto writes its causes with a time that no AWS answer has. */
    const cause = (end: string) => ({
      at: "Activity.Cause",
      ours: `At a time instance i-… was taken out of service in response to a user request${end}`,
      moto: `At a moto time, instance i-… was taken out of service in response to a user request${end}`,
      because: "Activity: the example's cause has the time in ISO 8601",
    });
    it("with a replacement", async () => {
      await same(terminate(false), [...ofActivities, cause(".")]);
      await same(groups("workers"), ofGroups);
    });
    it("with desired lowered", async () => {
      await same(setDesired("workers", 4));
      await same(terminate(true), [...ofActivities, cause(", shrinking the capacity from 4 to 3.")]);
      await same(groups("workers"), ofGroups);
    });
    it("of one that isn't there", () => same(terminate(true, nowhere), motoFails(unknownInstance, because)));
  });

  describe("SetInstanceHealth", () => {
    const set = (HealthStatus: string, id?: string) => async (side: Side) =>
      new SetInstanceHealthCommand({
        ...{ InstanceId: id ?? (await firstOf(side, "workers")), HealthStatus, ShouldRespectGracePeriod: false },
      });
    it("to healthy", async () => {
      await same(set("Healthy"));
      await same(groups("workers"), ofGroups);
    });
    it("to unhealthy, upon which AWS replaces the instance", async () => {
      const because = "User Guide, Health checks: an unhealthy instance is terminated and replaced; moto only marks it";
      await same(set("Unhealthy"));
      const marked = {
        at: "AutoScalingGroups.*.Instances.*.HealthStatus",
        ours: "Healthy",
        moto: "Unhealthy",
        because,
      };
      await same(groups("workers"), [...ofGroups, marked]);
    });
    it("to something else", () => {
      const message = "1 validation error detected: Value 'Odd' at 'healthStatus' failed to satisfy constraint: Member must satisfy enum value set: [Healthy, Unhealthy]"; // prettier-ignore
      return same(set("Odd"), motoFails(message, "SetInstanceHealth: Healthy or Unhealthy"));
    });
    it("of one that isn't there", () => {
      const because = "SetInstanceHealth answers with the errors of Auto Scaling; moto's is EC2's";
      return same(set("Unhealthy", nowhere), [
        { at: "error.name", ours: "ValidationError", moto: "InvalidInstanceID.NotFound", because },
        { at: "error.message", ours: unknownInstance, moto: "The instance ID 'i-…' does not exist", because },
      ]);
    });
  });

  describe("what moto only pretends", () => {
    it("DescribeScalingActivities of a group that isn't there", () => {
      const because = "moto has no activities, and answers for any name";
      const different = [{ at: "Activities", ours: undefined, moto: noMember, because }];
      const command = new DescribeScalingActivitiesCommand({ AutoScalingGroupName: "nowhere" });
      return same(command, [...different, ...motoAccepts(unknownGroup, because)]);
    });
    it("an instance ended with desired lowered below the minimum", async () => {
      const [own, other] = await Promise.all(
        [ours, moto].map(async (side) => {
          for (let size = 3; size > 1; size--) await outcome(side, await terminate(true)(side));
          await settle();
          return outcome(side, await terminate(true)(side));
        }),
      );
      const message = "Currently, desiredSize equals minSize (1). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size."; // prettier-ignore
      const pick = (answer: Record<string, unknown>) => ({
        status: answer["error.status"],
        message: answer["error.message"],
        activity: answer["Activity.StatusCode"],
      });
      expectSame(pick(own!), pick(other!), [
        { at: "status", ours: 400, moto: undefined, because: "User Guide: a group never has fewer than its minimum" },
        { at: "message", ours: message, moto: undefined, because: "AWS's own words" },
        { at: "activity", ours: undefined, moto: "InProgress", because: "moto goes below the minimum" },
      ]);
    });
  });
});
