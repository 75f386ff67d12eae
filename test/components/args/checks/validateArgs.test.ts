import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { type BatchJobProcessorArgs, type ProcessorArgs } from "../../../../components";
import { validateArgs } from "../../../../components/args/checks/validateArgs";

const good = { name: "word-count", handler: "word-count" };

/** The problems that the inputs have, by property path. */
function problemsOf(args: unknown): Record<string, string> {
  try {
    validateArgs("media", args as BatchJobProcessorArgs);
    return {};
  } catch (error) {
    if (!pulumi.InputPropertiesError.isInstance(error)) throw error;
    return Object.fromEntries(error.errors.map(({ propertyPath, reason }) => [propertyPath, reason]));
  }
}
const problemsOfProcessor = (processor: unknown) => problemsOf({ processors: [processor] });

const hourly = { name: "a", expression: "rate(1 hour)" };

describe("validateArgs", () => {
  it("accepts the smallest input, and outputs wherever values may be known later", () => {
    expect(problemsOf({ processors: [good] })).to.deep.equal({});
    expect(
      problemsOf({
        processors: [{ ...good, image: pulumi.output("x"), environment: { A: Promise.resolve("y") } }],
        network: { vpcId: pulumi.output("vpc-1"), subnetIds: pulumi.output(["subnet-1"]) },
        policyStatements: [{ Action: ["s3:GetObject"], Resource: pulumi.output("arn") }],
      }),
    ).to.deep.equal({});
  });

  it("says everything at once, in one message with the component's name", () => {
    const args = {
      processors: [good, { ...good, handler: "" }, { name: "Bad_Name", handler: "x", slots: "many", colour: "red" }],
      authorisation: "iam",
      logRetentionDays: 2,
    };
    expect(() => validateArgs("media", args as unknown as BatchJobProcessorArgs))
      .to.throw(/^BatchJobProcessor "media" has 7 invalid inputs:\n/)
      .with.property("errors")
      .with.length(7);
    expect(problemsOf(args)).to.deep.equal({
      "processors[1].handler":
        'Expected the path of a file, such as "./jobs/invoice.ts", or the name of a module of the worker image, got ""',
      "processors[1].name": 'Expected a unique name, got "word-count", which processors[0] has',
      "processors[2].name": 'Expected kebab-case of 1–40 characters, such as "word-count", got "Bad_Name"',
      "processors[2].slots": 'Expected a number, got "many"',
      "processors[2].colour": "Expected no such property",
      authorisation: "Expected no such property",
      logRetentionDays: `Expected one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653, got number 2`,
    });
  });

  const refusals: [string, Partial<Record<keyof ProcessorArgs, unknown>>, string][] = [
    ["a missing name", { name: undefined }, "name"],
    ["memory for no program", { memoryMegabytes: 127 }, "memoryMegabytes"],
    ["a part of a megabyte", { memoryMegabytes: 500.5 }, "memoryMegabytes"],
    ["more memory than the default type has", { memoryMegabytes: 3_541 }, "memoryMegabytes"],
    ["more memory than the smallest type has", { memoryMegabytes: 3_541, instanceTypes: ["m7g.large", "c7g.large"] }, "memoryMegabytes"], // prettier-ignore
    ["more memory in all than the type has", { memoryMegabytes: 1_771, slots: 2 }, "memoryMegabytes"],
    ["a name of 41 characters", { name: "a".repeat(41) }, "name"],
    ["a missing handler", { handler: undefined }, "handler"],
    ["a schedule without a name", { schedules: [{ expression: "rate(1 hour)" }] }, "schedules[0].name"],
    [
      "a schedule of five fields",
      { schedules: [{ name: "a", expression: "cron(0 8 * * *)" }] },
      "schedules[0].expression",
    ],
    [
      "a schedule at one time",
      { schedules: [{ name: "a", expression: "at(2026-11-23T12:00:00)" }] },
      "schedules[0].expression",
    ],
    ["a schedule of no time zone", { schedules: [{ ...hourly, timeZone: "Berlin" }] }, "schedules[0].timeZone"],
    ["two schedules of one name", { schedules: [hourly, hourly] }, "schedules[1].name"],
    [
      "a schedule's payload that is too large",
      { schedules: [{ ...hourly, payload: "a".repeat(262_144) }] },
      "schedules[0].payload",
    ],
    [
      "a schedule's payload that is too large with its labels",
      { schedules: [{ ...hourly, payload: "a".repeat(260_050), labels: { a: "b".repeat(100) } }] },
      "schedules[0].payload",
    ],
    ["a schedule's label of no such name", { schedules: [{ ...hourly, labels: { A: "b" } }] }, "schedules[0].labels"],
    ["a schedule's label that is no text", { schedules: [{ ...hourly, labels: { a: 1 } }] }, "schedules[0].labels.a"],
    ["a schema that is none", { payloadSchema: { type: "objekt" } }, "payloadSchema"],
    ["a schema as text", { payloadSchema: "{}" }, "payloadSchema"],
    ["no instance type", { instanceTypes: [] }, "instanceTypes"],
    [
      "an arm64 type behind one of x86_64",
      { instanceTypes: ["c7i.large", "m7i.large", "c7g.large"] },
      "instanceTypes[2]",
    ],
    ["an x86_64 type behind one of arm64", { instanceTypes: ["c7g.large", "c7i.large"] }, "instanceTypes[1]"],
    ["a small volume", { rootVolumeGb: 8 }, "rootVolumeGb"],
    ["negative slots", { slots: -1 }, "slots"],
    ["a timeout of 0", { timeoutSeconds: 0 }, "timeoutSeconds"],
    ["a timeout beyond what SQS hides", { timeoutSeconds: 42_601 }, "timeoutSeconds"],
    ["no attempt", { maxAttempts: 0 }, "maxAttempts"],
    ["101 attempts", { maxAttempts: 101 }, "maxAttempts"],
    ["half an attempt", { maxAttempts: 1.5 }, "maxAttempts"],
    ["a first backoff beyond the longest", { backoffSeconds: 901 }, "backoffSeconds"],
    ["more instances at least than at most", { minInstances: 5, maxInstances: 2 }, "minInstances"],
    ["a minimum above the default maximum", { minInstances: 11 }, "minInstances"],
    ["a variable of the worker's own", { environment: { WORKER_SLOTS: "9" } }, "environment.WORKER_SLOTS"],
    ...[
      "WORKER_X",
      "JOB_ID",
      "AWS_REGION",
      "AWS_ENDPOINT_URL",
      "NODE_OPTIONS",
      "LD_PRELOAD",
      "PATH",
      "HOME",
      "TMPDIR",
    ].map((variable): [string, object, string] => [
      `the variable ${variable}, which workers rely on`,
      { environment: { [variable]: "x" } },
      `environment.${variable}`,
    ]),
    ["a variable with a NUL", { environment: { A: "1\0" } }, "environment.A"],
    ["a variable of two lines", { environment: { A: "1\n2" } }, "environment.A"],
    ["a variable that is a number", { environment: { A: 1 } }, "environment.A"],
    [
      "a statement without actions",
      { policyStatements: [{ Action: [], Resource: "*" }] },
      "policyStatements[0].Action",
    ],
    ["an empty image", { image: "" }, "image"],
    ["a long description", { description: "x".repeat(1_001) }, "description"],
    ["a drain beyond the longest attempt", { drainSeconds: 42_601 }, "drainSeconds"],
    ["a latency of 0", { targetLatencySeconds: 0 }, "targetLatencySeconds"],
    ["jobs that take no time", { secondsPerJob: 0 }, "secondsPerJob"],
    ["a negative price of an instance", { pricePerInstanceHour: -0.01 }, "pricePerInstanceHour"],
    ["spot that is no boolean", { spot: "yes" }, "spot"],
    ["more of a base on demand than instances", { spot: true, onDemandBaseCapacity: 11 }, "onDemandBaseCapacity"],
    [
      "more instance types than a group takes",
      { instanceTypes: Array.from({ length: 41 }, () => "c7g.large") },
      "instanceTypes",
    ],
    [
      "a schedule of other than five fields",
      { capacitySchedule: [{ recurrence: "0 8 * *", minInstances: 1 }] },
      "capacitySchedule[0].recurrence",
    ],
    [
      "a schedule that is no cron",
      { capacitySchedule: [{ recurrence: "at 8 in the morning", minInstances: 1 }] },
      "capacitySchedule[0].recurrence",
    ],
    [
      "a time zone that isn't one",
      { capacitySchedule: [{ recurrence: "0 8 * * *", timeZone: "Europe/Nowhere", minInstances: 1 }] },
      "capacitySchedule[0].timeZone",
    ],
    [
      "a time zone that is an offset",
      { capacitySchedule: [{ recurrence: "0 8 * * *", timeZone: "+01:00", minInstances: 1 }] },
      "capacitySchedule[0].timeZone",
    ],
    [
      "a scheduled minimum above the maximum",
      { capacitySchedule: [{ recurrence: "0 8 * * *", minInstances: 11 }] },
      "capacitySchedule[0].minInstances",
    ],
    [
      "two minimums at one time",
      {
        capacitySchedule: [
          { recurrence: "0 8 * * *", minInstances: 1 },
          { recurrence: "0 8 * * *", minInstances: 2 },
        ],
      },
      "capacitySchedule[1].recurrence",
    ],
  ];
  for (const [what, override, path] of refusals) {
    it(`refuses ${what}`, () => {
      const problems = problemsOfProcessor({ ...good, ...override });
      expect(problems).to.have.all.keys(`processors[0].${path}`);
      expect(problems[`processors[0].${path}`]).to.match(/^Expected .+, got .+/);
    });
  }

  it("takes the limits themselves", () => {
    const limits = { timeoutSeconds: 42_600, maxAttempts: 100, minInstances: 4, maxInstances: 4, name: "a".repeat(40) };
    expect(problemsOfProcessor({ ...good, ...limits })).to.deep.equal({});
  });

  it("takes up to two different labels for usage", () => {
    const problemsOfLabels = (usageLabels: unknown) => problemsOf({ processors: [good], usageLabels });
    expect(problemsOfLabels(["campaign", "team"])).to.deep.equal({});
    for (const [labels, path] of [
      [["Campaign"], "usageLabels[0]"],
      [["a", "b", "c"], "usageLabels"],
      [["a", "a"], "usageLabels"],
      [[], "usageLabels"],
      ["a", "usageLabels"],
    ] as const) {
      expect(problemsOfLabels(labels)).to.have.all.keys(path);
      expect(problemsOfLabels(labels)[path]).to.match(/^Expected .+, got .+/);
    }
  });

  it("takes a dashboard of as many types as CloudWatch shows in a widget", () => {
    const problemOf = (count: number, more: object = {}) => {
      const processors = Array.from({ length: count }, (_, index) => ({ ...good, name: `t${index}`, spot: true }));
      return problemsOf({ processors, dashboard: true, ...more });
    };
    expect(problemOf(250)).to.deep.equal({});
    expect(problemOf(251)).to.deep.equal({
      dashboard: "Expected at most 500 metrics in a widget, got 502 of 251 types",
    });
    expect(problemOf(251, { metrics: "component" })).to.have.all.keys("dashboard");
    expect(problemOf(251, { dashboard: false })).to.deep.equal({});
  });

  it("takes a budget beside alarms, which can only alarm yet", () => {
    const problemsOfBudget = (budget: unknown, alarms: unknown = { email: "ops@example.com" }) =>
      problemsOf({ processors: [good], budget, ...(alarms !== null && { alarms }) });
    for (const budget of [{ dollarsPerDay: 0.5 }, { dollarsPerDay: 25, then: "alarm" }])
      expect(problemsOfBudget(budget)).to.deep.equal({});
    const none = problemsOfBudget({ dollarsPerDay: 25 }, null);
    expect(none).to.have.all.keys("budget");
    expect(none.budget).to.match(/^Expected only with alarms, which say who is told, .+, got none$/);
    expect(problemsOfBudget({ dollarsPerDay: 25, then: "pause" })["budget.then"]).to.equal(
      'Expected "alarm": a budget can only alarm yet, and stops no job, got "pause"',
    );
    for (const [budget, path] of [
      [{}, "budget.dollarsPerDay"],
      [{ dollarsPerDay: 0 }, "budget.dollarsPerDay"],
      [{ dollarsPerDay: -1 }, "budget.dollarsPerDay"],
      [{ dollarsPerDay: "25" }, "budget.dollarsPerDay"],
      [{ dollarsPerDay: Infinity }, "budget.dollarsPerDay"],
      [{ dollarsPerDay: NaN }, "budget.dollarsPerDay"],
      [25, "budget"],
    ] as const) {
      const problems = problemsOfBudget(budget);
      expect(problems, JSON.stringify(budget)).to.have.all.keys(path);
      expect(problems[path]).to.match(/^Expected .+, got .+/);
    }
  });

  it("takes schedules as Auto Scaling does", () => {
    for (const recurrence of ["0 8 * * MON-FRI", "*/15 0-6,22,23 1 JAN,JUL *", "30 0 1 1,6,12 *"]) {
      const capacitySchedule = [{ recurrence, timeZone: "Pacific/Tahiti", minInstances: 10 }];
      expect(problemsOfProcessor({ ...good, capacitySchedule }), recurrence).to.deep.equal({});
    }
    const timeZones = ["UTC", "Europe/Berlin"].map((timeZone) => ({
      recurrence: "0 8 * * *",
      timeZone,
      minInstances: 1,
    }));
    expect(problemsOfProcessor({ ...good, capacitySchedule: timeZones })).to.deep.equal({});
  });

  it("takes a base on demand with spot alone", () => {
    expect(problemsOfProcessor({ ...good, spot: true, onDemandBaseCapacity: 10 })).to.deep.equal({});
    expect(problemsOfProcessor({ ...good, onDemandBaseCapacity: 1 })).to.deep.equal({
      "processors[0].onDemandBaseCapacity": "Expected only with spot: true",
    });
  });

  it("takes as much memory as every type may have, and any where a type's name doesn't say how much it has", () => {
    for (const taken of [
      { memoryMegabytes: 128 },
      { memoryMegabytes: 3_540 },
      { memoryMegabytes: 1_770, slots: 2 },
      { memoryMegabytes: 30_000, instanceTypes: ["im4gn.large"] },
    ]) {
      expect(problemsOfProcessor({ ...good, ...taken }), JSON.stringify(taken)).to.deep.equal({});
    }
    expect(problemsOfProcessor({ ...good, memoryMegabytes: 1_771, slots: 2 })).to.deep.equal({
      "processors[0].memoryMegabytes":
        "Expected at most 1770 for each of 2 slots, which is what c7g.large has for jobs, got number 1771",
    });
  });

  it("takes instance store where every type has some, and refuses the others by their paths", () => {
    const withStore = (instanceTypes?: string[]) =>
      problemsOfProcessor({ ...good, instanceStore: true, instanceTypes });
    expect(withStore(["c7gd.large", "i4g.large", "im4gn.large"])).to.deep.equal({});
    expect(withStore(["c7gd.large", "c7g.large"])).to.deep.equal({
      "processors[0].instanceTypes[1]":
        'Expected a type with NVMe disks with instanceStore: true, such as "c7gd.large", got "c7g.large"',
    });
    expect(withStore()).to.deep.equal({
      "processors[0].instanceTypes":
        'Expected types with NVMe disks with instanceStore: true, such as ["c7gd.large"], got none',
    });
    expect(problemsOfProcessor({ ...good, instanceStore: 1 })).to.have.all.keys("processors[0].instanceStore");
  });

  describe("with gpu", () => {
    const image = "registry.example/cuda:1";
    const cuda = { ...good, gpu: true, image, instanceTypes: ["g6.xlarge"] };

    it("takes types with NVIDIA GPUs, for as many slots", () => {
      expect(problemsOfProcessor(cuda)).to.deep.equal({});
      const several = { instanceTypes: ["g6.12xlarge", "g5.12xlarge"], slots: 4 };
      expect(problemsOfProcessor({ ...cuda, ...several })).to.deep.equal({});
      expect(problemsOfProcessor({ ...cuda, instanceTypes: ["g8.xlarge"], slots: 9 })).to.deep.equal({});
      expect(problemsOf({ processors: [{ ...cuda, image: undefined }], image })).to.deep.equal({});
    });

    it("refuses everything else by its path", () => {
      const refused: [object, string, string][] = [
        [{ instanceTypes: ["c7i.large"] }, "instanceTypes[0]", "Expected an x86_64 type with NVIDIA GPUs with gpu: true (families g and p), got \"c7i.large\""], // prettier-ignore
        [{ instanceTypes: ["g6.xlarge", "g4ad.xlarge"] }, "instanceTypes[1]", 'got "g4ad.xlarge"'],
        [{ instanceTypes: ["g5g.xlarge"] }, "instanceTypes[0]", 'got "g5g.xlarge"'],
        [{ instanceTypes: undefined }, "instanceTypes", 'such as ["g6.xlarge"], got none'],
        [{ image: undefined }, "image", "Expected an image that brings CUDA with gpu: true, got none: the stock image"],
        [{ slots: 2 }, "slots", "Expected at most 1, the GPUs of g6.xlarge, got number 2"],
        [{ slots: 4, instanceTypes: ["g6.12xlarge", "g7.12xlarge"] }, "slots", "Expected at most 2, the GPUs of g7.12xlarge, got number 4"], // prettier-ignore
        [{ gpu: "yes" }, "gpu", "Expected true or false"],
      ];
      for (const [override, property, reason] of refused) {
        const problems = problemsOfProcessor({ ...cuda, ...override });
        expect(problems[`processors[0].${property}`], JSON.stringify(override)).to.include(reason);
      }
    });
  });

  it("takes Graviton types alone, and x86_64 types alone", () => {
    const arm = ["c7g.xlarge", "t4g.small", "im4gn.large", "a1.medium", "m6gd.large", "c8gn.large"];
    expect(problemsOfProcessor({ ...good, instanceTypes: arm })).to.deep.equal({});
    const intel = { instanceTypes: ["c7i.large", "m7a.large", "g4dn.xlarge", "inf2.xlarge"] };
    expect(problemsOfProcessor({ ...good, ...intel })).to.deep.equal({});
  });

  it("takes t types alone on spot, and beside others on demand", () => {
    const mixed = { ...good, instanceTypes: ["t4g.small", "c7g.large"] };
    expect(problemsOfProcessor(mixed)).to.deep.equal({});
    expect(problemsOfProcessor({ ...mixed, spot: true })).to.deep.equal({
      "processors[0].instanceTypes[1]":
        'Expected t types alone with spot, whose credits are set for all of them, got "c7g.large"',
    });
  });

  it("refuses a component's name that AWS would refuse", () => {
    const args: BatchJobProcessorArgs = { processors: [good] };
    for (const name of ["", "1st", "my jobs", "my_jobs", "j".repeat(34)]) {
      expect(() => validateArgs(name, args), name).to.throw(/ {2}name: Expected a component's name of 1–33 letters/);
    }
    expect(() => validateArgs("j".repeat(33), args)).not.to.throw();
  });

  it("refuses no processors, and inputs that are no object", () => {
    expect(problemsOf({ processors: [] })).to.have.key("processors");
    expect(problemsOf({})).to.have.key("processors");
    expect(problemsOf({ processors: "word-count" })).to.have.key("processors");
    expect(problemsOf({ processors: [null] })).to.have.key("processors[0]");
    expect(problemsOf(undefined)).to.have.key("");
  });

  it("refuses private workers in given subnets, and images that they can't reach", () => {
    const network = { privateWorkers: true };
    const given = { vpcId: "vpc-1", subnetIds: ["subnet-1"], privateWorkers: true };
    expect(problemsOf({ processors: [good], network: given })).to.have.key("network.privateWorkers");
    const image = "registry.example/worker:1";
    expect(problemsOf({ processors: [{ ...good, image }], image, network })).to.have.all.keys(
      "processors[0].image",
      "image",
    );
    const ecr = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/worker:1";
    const later = pulumi.output(image);
    expect(problemsOf({ processors: [{ ...good, image: later }], image: ecr, network })).to.deep.equal({});
  });

  it("refuses payloads without records", () => {
    for (const keepPayloads of [true, false]) {
      expect(problemsOf({ processors: [good], keepPayloads })).to.deep.equal({});
      expect(problemsOf({ processors: [good], keepPayloads, tracking: false })).to.deep.equal({
        keepPayloads: `Expected only with tracking, got boolean ${keepPayloads}`,
      });
    }
  });

  it("refuses half a network, half of JWT, and JWT beside another authorization", () => {
    const ofNetwork = (network: object) => problemsOf({ processors: [good], network });
    expect(ofNetwork({ vpcId: "vpc-1" })).to.have.key("network.subnetIds");
    expect(ofNetwork({ subnetIds: ["subnet-1"] })).to.have.key("network.vpcId");
    expect(ofNetwork({ securityGroupIds: ["sg-1"] })).to.have.key("network.securityGroupIds");
    expect(ofNetwork({ egress: "aws" })).to.have.key("network.egress");
    expect(ofNetwork({ egress: "aws", privateWorkers: true })).to.deep.equal({});
    expect(ofNetwork({ egress: "none" })).to.have.key("network.egress");
    const given = { vpcId: "vpc-1", subnetIds: ["subnet-1"] };
    expect(ofNetwork({ ...given, flowLogs: true })).to.have.key("network.flowLogs");
    expect(ofNetwork({ ...given, securityGroupIds: ["sg-1"], egress: "aws" })).to.deep.equal({});
    expect(problemsOf({ processors: [good], network: "vpc-1" })).to.have.key("network");
    const jwt = { issuer: "https://i", audiences: ["a"] };
    expect(problemsOf({ processors: [good], jwt })).to.deep.equal({});
    expect(problemsOf({ processors: [good], jwt: { issuer: "https://i" } })).to.have.key("jwt.audiences");
    expect(problemsOf({ processors: [good], jwt: { audiences: ["a"] } })).to.have.key("jwt.issuer");
    expect(problemsOf({ processors: [good], jwt, authorization: "none" })).to.deep.equal({
      authorization: 'Expected only without jwt, got "none" with it',
    });
    const scopes = { submit: "jobs/submit", operate: "jobs/operate" };
    const all = { ...jwt, scopes, tenantClaim: "tenant" };
    expect(problemsOf({ processors: [good], jwt: all })).to.deep.equal({});
    expect(problemsOf({ processors: [good], jwt: { ...all, operators: ["a"] } })).to.deep.equal({
      "jwt.operators": "Expected only without jwt.scopes.operate, got both",
    });
    expect(problemsOf({ processors: [good], jwt: { ...jwt, scopes: { read: "a b", write: "c" } } })).to.deep.equal({
      "jwt.scopes.read": 'Expected one scope, got "a b"',
      "jwt.scopes.write": "Expected no such property",
    });
    expect(problemsOf({ processors: [good], authorization: "jwt" })).to.deep.equal({
      authorization: "Expected jwt: { issuer, audiences } instead",
    });
    expect(problemsOf({ processors: [good], authorization: "basic" })).to.have.key("authorization");
  });

  it("takes machine images by id or as recommended, and keys by their ARN", () => {
    for (const machineImage of [
      "recommended",
      "recommended:2026-11",
      "ami-0123456789abcdef0",
      pulumi.output("ami-1"),
    ]) {
      expect(problemsOf({ processors: [{ ...good, machineImage }], machineImage })).to.deep.equal({});
    }
    for (const machineImage of ["latest", "recommended:", "recommended:a b", "ami-x", ""]) {
      expect(problemsOf({ processors: [{ ...good, machineImage }], machineImage })).to.have.all.keys(
        "machineImage",
        "processors[0].machineImage",
      );
    }
    const intel = { name: "intel", handler: "x", instanceTypes: ["c7i.large"] };
    const one = { processors: [good, intel], machineImage: "ami-0123456789abcdef0" };
    expect(problemsOf(one)).to.have.all.keys("machineImage");
    expect(problemsOf({ ...one, machineImage: "recommended" })).to.deep.equal({});
    const own = { ...intel, machineImage: "ami-0fedcba9876543210" };
    expect(problemsOf({ ...one, processors: [good, own] })).to.deep.equal({});
    const kmsKey = "arn:aws:kms:eu-central-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef";
    expect(problemsOf({ processors: [good], kmsKey })).to.deep.equal({});
    for (const wrong of ["alias/jobs", "arn:aws:kms:eu-central-1:123456789012:alias/jobs", "12345678"]) {
      expect(problemsOf({ processors: [good], kmsKey: wrong })).to.have.all.keys("kmsKey");
    }
  });

  it("names the input that takes the place of a renamed one", () => {
    expect(problemsOf({ processors: [good], vpcId: "vpc-1", subnetIds: ["subnet-1"] })).to.deep.equal({
      vpcId: "Expected network.vpcId instead",
      subnetIds: "Expected network.subnetIds instead",
    });
    expect(problemsOfProcessor({ ...good, vpcId: "vpc-1" })).to.deep.equal({
      "processors[0].vpcId": "Expected no such property",
    });
  });

  it("refuses invalid origins and headers", () => {
    const allowOrigins = ["https://app.example.com", "http://localhost:5173", "*", "https://*", pulumi.output("later")];
    expect(problemsOf({ processors: [good], cors: { allowOrigins, allowHeaders: ["x-a"], maxAge: 0 } })).to.deep.equal(
      {},
    );
    for (const origin of ["https://app.example.com/", "app.example.com", "https://*.example.com", "null", "", 7]) {
      const problems = problemsOf({ processors: [good], cors: { allowOrigins: [origin] } });
      expect(problems, String(origin)).to.have.all.keys("cors.allowOrigins[0]");
    }
    const wrong = { allowOrigins: [], allowHeaders: ["a b"], maxAge: -1, allowMethods: ["GET"] };
    expect(problemsOf({ processors: [good], cors: wrong })).to.have.all.keys(
      ...["cors.allowOrigins", "cors.allowHeaders[0]", "cors.maxAge", "cors.allowMethods"],
    );
  });

  it("refuses more warm environments than the concurrency set aside", () => {
    const half = { reservedConcurrency: 1, provisionedConcurrency: 2 };
    expect(problemsOf({ processors: [good], frontend: half, router: half })).to.have.all.keys(
      "frontend.provisionedConcurrency",
      "router.provisionedConcurrency",
    );
    expect(problemsOf({ processors: [good], frontend: 2 })).to.have.key("frontend");
  });
});
