import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import fc from "fast-check";
import { type BatchJobProcessorArgs, type ProcessorArgs } from "../../../components";
import { withDefaults } from "../../../components/args/ProcessorArgs";
import { DeployTarget } from "../../../components/aws/DeployTarget";
import { wildcardReasons } from "../../../components/aws/permissionReasons";
import { WorkerNetwork } from "../../../components/network/WorkerNetwork";
import { JobTables } from "../../../components/pipeline/JobTables";
import { ProcessorQueue, queueUsers } from "../../../components/processor/ProcessorQueue";
import { workerAddresses } from "../../../components/processor/workerAddresses";
import { WorkerFleet } from "../../../components/processor/WorkerFleet";
import { readEnvironment } from "../../../contract/environmentFile";
import { payloadKey, resultKey } from "../../../contract/records/largeValues";
import { evaluate } from "../../../local-cloud/iam/evaluate";
import { parsePolicy } from "../../../local-cloud/iam/policy";
import { record, type Recording } from "../../support/record";

type Options = Pick<BatchJobProcessorArgs, "metrics" | "usageLabels" | "sessionManager" | "tags">;
type Named = Pick<Recording<unknown>, "named">;

/** Records a fleet with its queue and network, and with a scaler. */
const build = (
  processor: Partial<ProcessorArgs> = {},
  options: Options = {},
  createTarget = () => new DeployTarget({}),
) =>
  record(() => {
    const settings = withDefaults({ name: "word-count", handler: "word-count", ...processor });
    const tables = new JobTables("tables", {});
    const queue = new ProcessorQueue("queue", {
      processor: settings,
      users: queueUsers(
        { router: "arn:router", repair: "arn:repair", operator: "o", removal: "arn:removal", scaler: "arn:scaler" },
        { isTracking: true },
      ),
      isTracking: true,
    });
    const target = createTarget();
    const network = new WorkerNetwork("network", { ...options, processors: [settings], target });
    const image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/worker:1";
    const scaler = { fleetTable: tables.fleets, functionArn: "arn:scale" };
    const shared = {
      component: "media/prod/jobs",
      addresses: workerAddresses({ tables, scaler, target, ...options }),
      queue,
      removal: queue,
      tables,
      network,
      target,
      image,
      machineImage: target.machineImageId(settings.architecture, settings.gpu),
      scaler,
    };
    return new WorkerFleet("fleet", { processor: settings, ...shared, ...options });
  });

interface Statement {
  Sid: string;
  Action: string[];
  Resource: string | string[];
  Condition?: unknown;
}
const statementsOf = ({ named }: Named, name: string) =>
  (JSON.parse(named(name).inputs.policy as string) as { Statement: Statement[] }).Statement;
const groupArn = (name: string) => `arn:aws:autoscaling:us-east-1:123456789012:${name}`;

interface Distribution {
  instancesDistribution: Record<string, unknown>;
  launchTemplate: { launchTemplateSpecification: unknown; overrides: unknown[] };
}

describe("WorkerFleet", () => {
  const { stackTraceLimit } = Error;
  before(() => (Error.stackTraceLimit = 1));
  after(() => (Error.stackTraceLimit = stackTraceLimit));

  describe("group", () => {
    it("starts at zero, protects its instances, and is scaled by the scaler and the workers only", async () => {
      const { named } = await build();
      const { inputs, options } = named("fleet-group");
      expect(inputs).to.deep.include({
        minSize: 0,
        maxSize: 10,
        protectFromScaleIn: true,
        suspendedProcesses: ["AZRebalance"],
        capacityRebalance: false,
        healthCheckGracePeriod: 0,
        waitForCapacityTimeout: "0",
        launchTemplate: { id: "fleet-template-id", version: "3" },
      });
      expect(inputs).not.to.have.any.keys("desiredCapacity", "forceDelete", "mixedInstancesPolicy", "enabledMetrics");
      expect(options.ignoreChanges).to.deep.equal(["desiredCapacity", "initialLifecycleHooks"]);
    });

    it("has the tag that the scaler's permissions and the workers' search use, and propagates no tag", async () => {
      const { named } = await build({}, { tags: { team: "media" } });
      expect(named("fleet-group").inputs.tags).to.have.deep.members([
        { key: "team", value: "media", propagateAtLaunch: false },
        { key: "Name", value: "fleet-group", propagateAtLaunch: false },
        { key: "batch-job-processor-fleet", value: "tables-fleets-1234567/word-count", propagateAtLaunch: false },
      ]);
    });

    it("tries several types in their order on demand", async () => {
      const { named } = await build({ instanceTypes: ["c7g.large", "m7g.large"] });
      const { inputs } = named("fleet-group");
      expect(inputs).not.to.have.property("launchTemplate");
      const policy = inputs.mixedInstancesPolicy as Distribution;
      expect(policy.instancesDistribution).to.include({
        onDemandAllocationStrategy: "prioritized",
        onDemandPercentageAboveBaseCapacity: 100,
      });
      expect(policy.launchTemplate).to.deep.equal({
        launchTemplateSpecification: { launchTemplateId: "fleet-template-id", version: "3" },
        overrides: [{ instanceType: "c7g.large" }, { instanceType: "m7g.large" }],
      });
    });

    it("waits for the drain when it is deleted, with hooks and permission still there", async () => {
      const recording = await build({ drainSeconds: 600, spot: true });
      const { named, ofType } = recording;
      const role = named("fleet-role");
      for (const { urn, name, options } of ofType("autoscaling/group:Group")) {
        expect(options.deleteTimeout, name).to.equal("30m");
        for (const hook of ["worker-ready", "worker-drained"]) {
          expect(named(`${name}-${hook}`).options.deletedWith).to.equal(urn);
        }
        expect(options.dependencies).to.include.members([named("fleet-policy").urn, named("network-workers").urn]);
      }
      expect(named("fleet-lifecycle-policy").options.deletedWith).to.equal(role.urn);
      expect(role.inputs.forceDetachPolicies).to.equal(true);
    });
  });

  describe("hooks", () => {
    const timeout = async (drainSeconds: number) => {
      const { named } = await build({ drainSeconds });
      return named("fleet-group-worker-drained").inputs.heartbeatTimeout;
    };

    it("are there before the first instance, and follow later changes", async () => {
      const { named } = await build({ minInstances: 2 });
      const initial = named("fleet-group").inputs.initialLifecycleHooks as Record<string, unknown>[];
      expect(initial).to.deep.equal([
        {
          name: "worker-ready",
          lifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING",
          defaultResult: "ABANDON",
          heartbeatTimeout: 600,
        },
        {
          name: "worker-drained",
          lifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING",
          defaultResult: "CONTINUE",
          heartbeatTimeout: 150,
        },
      ]);
      for (const hook of initial) {
        expect(named(`fleet-group-${hook.name as string}`).inputs).to.deep.equal({
          ...hook,
          autoscalingGroupName: "fleet-group-1234567",
        });
      }
    });

    it("wait as long as the drain may take, up to what AWS allows", async () => {
      expect(await timeout(0)).to.equal(60);
      expect(await timeout(90.5)).to.equal(151);
      expect(await timeout(7_140)).to.equal(7_200);
      expect(await timeout(42_600)).to.equal(7_200);
    });
  });

  describe("on spot", () => {
    it("has a base on demand, spot above it, and all types to choose from", async () => {
      const { named } = await build({ spot: true, onDemandBaseCapacity: 2, instanceTypes: ["c7g.large", "c8g.large"] });
      const policy = named("fleet-group").inputs.mixedInstancesPolicy as Distribution;
      expect(policy.instancesDistribution).to.deep.equal({
        onDemandAllocationStrategy: "prioritized",
        onDemandBaseCapacity: 2,
        onDemandPercentageAboveBaseCapacity: 0,
        spotAllocationStrategy: "price-capacity-optimized",
      });
      expect(policy.launchTemplate.overrides).to.deep.equal([
        { instanceType: "c7g.large" },
        { instanceType: "c8g.large" },
      ]);
    });

    it("has the provider's default tags on all that AWS makes later, below the component's own", async () => {
      const standard = { CostCenter: "42", Team: "a" };
      const target = () => Object.assign(new DeployTarget({}), { defaultTags: pulumi.output(standard) });
      const { named } = await build({}, { tags: { Team: "b" } }, target);
      const tags = { CostCenter: "42", Team: "b", Name: "fleet", "batch-job-processor-type": "word-count" };
      expect(named("fleet-template").inputs.tagSpecifications).to.deep.equal(
        ["instance", "volume", "network-interface"].map((resourceType) => ({ resourceType, tags })),
      );
      const ofGroup = named("fleet-group").inputs.tags as { key: string; value: string; propagateAtLaunch: boolean }[];
      expect(ofGroup).to.deep.include.members([
        { key: "CostCenter", value: "42", propagateAtLaunch: false },
        { key: "Team", value: "b", propagateAtLaunch: false },
      ]);
    });

    it("finds its group by a call where a default tag's key can't be shown in metadata", async () => {
      const target = () => Object.assign(new DeployTarget({}), { defaultTags: pulumi.output({ "Cost Center": "42" }) });
      const { named } = await build({}, {}, target);
      expect(named("fleet-template").inputs.metadataOptions).to.include({ instanceMetadataTags: "disabled" });
      expect(JSON.stringify(statementsOf({ named }, "fleet-policy"))).to.include("FindOwnGroup");
    });

    it("has standard credits for t types, as surplus credits are expensive, and sets none for others", async () => {
      const creditsOf = async (args: Parameters<typeof build>[0]) =>
        (await build(args)).named("fleet-template").inputs.creditSpecification;
      const burstable = { instanceTypes: ["t4g.small", "t4g.medium"] };
      expect(await creditsOf({ spot: true, ...burstable })).to.deep.equal({ cpuCredits: "standard" });
      expect(await creditsOf({ spot: true })).to.equal(undefined);
      expect(await creditsOf(burstable)).to.equal(undefined);
    });

    it("has a second group on demand, empty until the scaler raises it, with the same template, hooks and tag", async () => {
      const { named, result } = await build({ spot: true, minInstances: 3, maxInstances: 7 });
      const { inputs, options } = named("fleet-on-demand-group");
      expect(inputs).to.deep.include({
        minSize: 0,
        maxSize: 7,
        protectFromScaleIn: true,
        suspendedProcesses: ["AZRebalance"],
        launchTemplate: { id: "fleet-template-id", version: "3" },
      });
      expect(JSON.stringify(inputs.tags)).to.include("tables-fleets-1234567/word-count");
      expect(inputs.initialLifecycleHooks).to.have.length(2);
      expect(options.ignoreChanges).to.include("desiredCapacity");
      expect(named("fleet-group").inputs.minSize).to.equal(3);
      expect(result.onDemandGroup).to.exist;
    });

    it("has no second group without spot", async () => {
      const { ofType, result } = await build();
      expect(ofType("autoscaling/group:Group").map(({ name }) => name)).to.deep.equal(["fleet-group"]);
      expect(result.onDemandGroup).to.equal(undefined);
    });
  });

  describe("capacitySchedule", () => {
    const morning = { recurrence: "0 8 * * MON-FRI", timeZone: "Europe/Berlin", minInstances: 4 };
    const evening = { recurrence: "0 18 * * *", minInstances: 0 };

    it("moves the minimum alone", async () => {
      const { ofType } = await build({ capacitySchedule: [morning, evening] });
      const schedules = ofType("autoscaling/schedule:Schedule").map(({ inputs }) => inputs);
      expect(schedules.map(({ recurrence, timeZone, minSize }) => [recurrence, timeZone, minSize])).to.deep.equal([
        ["0 8 * * MON-FRI", "Europe/Berlin", 4],
        ["0 18 * * *", "UTC", 0],
      ]);
      for (const schedule of schedules) {
        expect(schedule).to.deep.include({
          autoscalingGroupName: "fleet-group-1234567",
          maxSize: -1,
          desiredCapacity: -1,
        });
      }
    });

    it("keeps the program from putting the minimum back, and only then", async () => {
      const ignored = async (processor: Partial<ProcessorArgs>, name = "fleet-group") =>
        (await build(processor)).named(name).options.ignoreChanges;
      expect(await ignored({ capacitySchedule: [morning] })).to.include("minSize");
      expect(await ignored({ capacitySchedule: [] })).not.to.include("minSize");
      expect(await ignored({ capacitySchedule: [morning], spot: true }, "fleet-on-demand-group")).not.to.include(
        "minSize",
      );
    });

    it("replaces a change, since its update would carry a time that has passed", async () => {
      const { ofType } = await build({ capacitySchedule: [morning] });
      expect(ofType("autoscaling/schedule:Schedule")[0]!.options).to.deep.include({
        replaceOnChanges: ["minSize"],
        deleteBeforeReplace: true,
      });
    });

    it("has the same names whatever its order", async () => {
      const names = async (capacitySchedule: ProcessorArgs["capacitySchedule"]) =>
        (await build({ capacitySchedule })).ofType("autoscaling/schedule:Schedule").map(({ name }) => name);
      expect(await names([evening, morning])).to.have.members(await names([morning, evening]));
    });
  });

  describe("instance profile", () => {
    it("holds exactly the fleet's queues, records, reports, scaler, log and image", async () => {
      const recording = await build();
      const statements = statementsOf(recording, "fleet-policy");
      expect(statements.map(({ Sid, Action }) => [Sid, ...Action])).to.deep.equal([
        ["ConsumeJobs", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"],
        ["ReadBacklog", "sqs:GetQueueAttributes"],
        ["DeadLetter", "sqs:SendMessage"],
        ["FollowRecords", "dynamodb:GetItem", "dynamodb:UpdateItem"],
        ["KeepUserData", "dynamodb:UpdateItem"],
        ["ReadLargePayloads", "s3:GetObject"],
        ["StoreLargeResults", "s3:PutObject"],
        ["WriteLogs", "logs:CreateLogStream", "logs:PutLogEvents"],
        ["AuthorisePull", "ecr:GetAuthorizationToken"],
        ["PullImage", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        ["ReportToFleet", "dynamodb:GetItem", "dynamodb:UpdateItem"],
        ["CountUsage", "dynamodb:UpdateItem"],
        ["NudgeScaler", "lambda:InvokeFunction"],
        ["FindOwnGroups", "autoscaling:DescribeAutoScalingGroups"],
      ]);
      expect(statements.find(({ Sid }) => Sid === "NudgeScaler")!.Resource).to.equal("arn:scale");
      for (const [sid, table, key] of [
        ["ReportToFleet", "fleets", "word-count"],
        ["CountUsage", "fleets", "word-count#usage"],
        ["KeepUserData", "payloads", "word-count"],
      ]) {
        expect(statements.find(({ Sid }) => Sid === sid)).to.deep.include({
          Resource: `arn:aws:dynamodb:us-east-1:123456789012:tables-${table}`,
          Condition: { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": [key] } },
        });
      }
    });

    it("reads payloads and stores results of its own type alone, whatever the ids", async () => {
      const Statement = statementsOf(await build(), "fleet-policy").map((each) => ({ ...each, Effect: "Allow" }));
      const policy = parsePolicy({ Version: "2012-10-17", Statement }, { owner: "", policy: "", kind: "identity" });
      const principal = { roleArn: "arn:aws:iam::123456789012:role/fleet" };
      const { Resource } = Statement.find(({ Sid }) => Sid === "StoreLargeResults")! as unknown as { Resource: string };
      const bucket = Resource.slice(0, Resource.indexOf("/"));
      const may = (action: string, key: string) =>
        evaluate({ action, resource: `${bucket}/${key}` }, principal, { identity: [policy] }).isAllowed;
      const types = ["word-count", "word", "word-count-2", "results", "payloads", "count"];
      const id = fc.oneof(fc.constantFrom(...types), fc.stringMatching(/^[A-Za-z0-9._-]{1,80}$/));
      const sha256 = "ab".repeat(32);
      fc.assert(
        fc.property(fc.constantFrom(...types), id, fc.constantFrom(42, 90, 410), (type, id, days) => {
          const isOwn = type === "word-count";
          const [payload, result] = [payloadKey({ type, id }, { days, sha256 }), resultKey({ type, id }, 17)];
          expect(may("s3:GetObject", payload), payload).to.equal(isOwn);
          expect(may("s3:PutObject", result), result).to.equal(isOwn);
          for (const action of ["s3:PutObject", "s3:DeleteObject"]) expect(may(action, payload)).to.equal(false);
          for (const action of ["s3:GetObject", "s3:DeleteObject"]) expect(may(action, result)).to.equal(false);
        }),
      );
    });

    it("acts on its own groups alone", async () => {
      const actions = [
        "autoscaling:CompleteLifecycleAction",
        "autoscaling:RecordLifecycleActionHeartbeat",
        "autoscaling:SetInstanceHealth",
        "autoscaling:TerminateInstanceInAutoScalingGroup",
      ];
      const own = async (spot: boolean) => statementsOf(await build({ spot }), "fleet-lifecycle-policy");
      const statement = { Sid: "EndOwnInstance", Effect: "Allow", Action: actions };
      expect(await own(false)).to.deep.equal([{ ...statement, Resource: [groupArn("fleet-group")] }]);
      expect(await own(true)).to.deep.equal([
        { ...statement, Resource: [groupArn("fleet-group"), groupArn("fleet-on-demand-group")] },
      ]);
    });

    it("allows sessions only if configured, with a reason for what AWS can't restrict", async () => {
      const sessions = async (sessionManager: boolean) =>
        statementsOf(await build({}, { sessionManager }), "fleet-policy").filter(({ Sid }) => Sid === "OpenSessions");
      expect(await sessions(false)).to.deep.equal([]);
      const [{ Action }] = (await sessions(true)) as [Statement];
      expect(Action).to.deep.equal([
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
      ]);
      expect(wildcardReasons).to.include.keys(Action);
    });
  });

  it("passes its workers the fleet table and the scaler", async () => {
    const { named } = await build();
    const userData = Buffer.from(named("fleet-template").inputs.userData as string, "base64").toString();
    expect(readEnvironment(userData)).to.include({
      WORKER_FLEET_TABLE: "tables-fleets-1234567",
      WORKER_SCALER_FUNCTION: "arn:scale",
    });
  });

  it("launches AWS's GPU machine image only with gpu, whose worker gives each job a GPU", async () => {
    const launched = async (processor: Partial<ProcessorArgs>) => {
      const { imageId, userData } = (await build(processor)).named("fleet-template").inputs;
      const script = Buffer.from(userData as string, "base64").toString();
      return [imageId, script.includes("\nGPU='1'\n"), readEnvironment(script).WORKER_GPU];
    };
    expect(await launched({ gpu: true, instanceTypes: ["g6.xlarge"] })).to.deep.equal(["ami-gpu", true, "true"]);
    expect(await launched({})).to.deep.equal(["ami-0123456789abcdef0", false, undefined]);
  });

  it("passes its workers the dimension of their metrics, unless it is the type", async () => {
    const told = async (options: Options) => {
      const { named } = await build({}, options);
      const userData = Buffer.from(named("fleet-template").inputs.userData as string, "base64").toString();
      const { WORKER_METRICS, WORKER_METRICS_COMPONENT } = readEnvironment(userData);
      return [WORKER_METRICS, WORKER_METRICS_COMPONENT];
    };
    expect(await told({})).to.deep.equal([undefined, undefined]);
    expect(await told({ metrics: "type" })).to.deep.equal([undefined, undefined]);
    expect(await told({ metrics: "component" })).to.deep.equal(["component", "media/prod/jobs"]);
    expect(await told({ metrics: "off" })).to.deep.equal(["off", undefined]);
  });

  it("passes its workers the prices of their instances, as given or from the table, and the labels of usage", async () => {
    const told = async (processor: Partial<ProcessorArgs>, options: Options = {}) => {
      const { named } = await build(processor, options);
      const userData = Buffer.from(named("fleet-template").inputs.userData as string, "base64").toString();
      const { WORKER_INSTANCE_PRICES, WORKER_USAGE_LABELS } = readEnvironment(userData);
      return [WORKER_INSTANCE_PRICES, WORKER_USAGE_LABELS];
    };
    expect(await told({})).to.deep.equal(['{"*":0.0725}', undefined]);
    expect(await told({ spot: true, pricePerInstanceHour: 0.03 })).to.deep.equal(['{"*":0.03}', undefined]);
    expect(await told({ pricePerInstanceHour: 0 })).to.deep.equal(['{"*":0}', undefined]);
    const several = ["c7g.large", "c99g.large", "c6g.large"];
    expect(await told({ instanceTypes: several }, { usageLabels: ["team"] })).to.deep.equal([
      '{"c7g.large":0.0725,"c6g.large":0.068}',
      '["team"]',
    ]);
    expect(await told({ instanceTypes: ["c99g.large"] })).to.deep.equal([undefined, undefined]);
  });

  it("has each instance give its worker two folders on a disk, or on the instance store if configured", async () => {
    for (const processor of [
      {},
      { instanceStore: true, instanceTypes: ["c7gd.large"] },
      { spot: true },
    ] as Partial<ProcessorArgs>[]) {
      const { ofType } = await build(processor);
      const templates = ofType("ec2/launchTemplate:LaunchTemplate");
      expect(templates).to.have.length(1);
      const script = Buffer.from(templates[0]!.inputs.userData as string, "base64").toString();
      expect(script)
        .to.include('--volume "$disk/scratch:/scratch" --volume "$disk/tmp:/tmp"')
        .and.not.to.include("--tmpfs");
      const hasStore = processor.instanceStore === true;
      expect([script.includes("\nINSTANCE_STORE='1'\n"), script.includes("disks.sh <<")]).to.deep.equal([
        hasStore,
        hasStore,
      ]);
    }
  });

  it("launches with IMDSv2 alone, an encrypted gp3 disk, tags for instances and volumes, and a group that lets nothing in", async () => {
    const { named } = await build({ rootVolumeGb: 80 }, { tags: { team: "media" } });
    const { inputs } = named("fleet-template");
    expect(inputs.metadataOptions).to.include({ httpTokens: "required", httpPutResponseHopLimit: 1 });
    expect(inputs.blockDeviceMappings).to.deep.equal([
      {
        deviceName: "/dev/xvda",
        ebs: { volumeSize: 80, volumeType: "gp3", encrypted: "true", deleteOnTermination: "true" },
      },
    ]);
    const tags = { team: "media", Name: "fleet", "batch-job-processor-type": "word-count" };
    expect(inputs.tagSpecifications).to.deep.equal([
      { resourceType: "instance", tags },
      { resourceType: "volume", tags },
      { resourceType: "network-interface", tags },
    ]);
    expect(inputs.networkInterfaces).to.deep.equal([
      { associatePublicIpAddress: "true", securityGroups: ["network-workers-id"], deleteOnTermination: "true" },
    ]);
    expect(named("network-workers").inputs).not.to.have.property("ingress");
  });
});
