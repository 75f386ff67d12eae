import type { BatchJobProcessorArgs, ProcessorArgs } from "../../components";

const secret = (name: string) => `arn:aws:secretsmanager:us-east-1:123456789012:secret:${name}-AbCdEf`;

/** Processors that name every input of a processor between them. */
const processors: ProcessorArgs[] = [
  {
    name: "word-count",
    handler: "word-count",
    description: "Counts words",
    instanceTypes: ["c7gd.large"],
    spot: true,
    onDemandBaseCapacity: 1,
    pricePerInstanceHour: 0.03,
    rootVolumeGb: 40,
    instanceStore: true,
    slots: 2,
    memoryMegabytes: 500,
    prefetch: 0,
    acknowledge: "before",
    payloads: "value",
    timeoutSeconds: 60,
    maxAttempts: 5,
    backoffSeconds: 1,
    drainSeconds: 30,
    idleSeconds: 30,
    capacitySchedule: [{ recurrence: "0 8 * * *", timeZone: "Europe/Berlin", minInstances: 1 }],
    minInstances: 1,
    maxInstances: 5,
    targetLatencySeconds: 30,
    secondsPerJob: 2,
    schedules: [
      {
        ...{ name: "nightly", expression: "cron(0 3 * * ? *)", timeZone: "Europe/Berlin" },
        ...{ payload: { text: "good night" }, labels: { run: "nightly" } },
      },
    ],
    payloadSchema: { type: "object" },
    policyStatements: [
      {
        Sid: "ReadInputs",
        Effect: "Allow",
        Action: ["s3:GetObject"],
        Resource: "arn:aws:s3:::inputs/*",
        Condition: { StringEquals: { "s3:ExistingObjectTag/team": "media" } },
      },
    ],
    environment: { LEVEL: "2" },
    secrets: { TOKEN: secret("a") },
  },
  { name: "inline", handle: () => Promise.resolve(1), machineImage: "ami-0123456789abcdef0" },
  { name: "transcode", command: ["transcode"], instanceTypes: ["c7i.large"] },
  {
    name: "own-image",
    handler: "own",
    gpu: true,
    instanceTypes: ["g6.xlarge"],
    image: "123456789012.dkr.ecr.us-east-1.amazonaws.com/own:1",
  },
];

/** Programs that name every input of the component between them: some exclude each other. */
export const everyOption: Record<string, BatchJobProcessorArgs> = {
  "every option": {
    processors,
    events: true,
    keepPayloads: false,
    authorization: "iam",
    network: { privateWorkers: true, egress: "aws", flowLogs: true },
    sessionManager: true,
    schedulesEnabled: false,
    pointInTimeRecovery: true,
    cors: { allowOrigins: ["https://app.example.com"], allowHeaders: ["x-trace"], maxAge: 60 },
    throttling: { burstLimit: 10, rateLimit: 5 },
    machineImage: "recommended",
    policyStatements: [{ Action: ["s3:PutObject"], Resource: "arn:aws:s3:::outputs/*" }],
    environment: { STAGE: "test" },
    secrets: { PASSWORD: "arn:aws:ssm:us-east-1:123456789012:parameter/password" },
    logRetentionDays: 7,
    metrics: "type",
    usageLabels: ["campaign", "team"],
    dashboard: true,
    alarms: { email: "ops@example.com", deadLetters: 2, stalledSeconds: 900 },
    traces: { endpoint: "https://otel.example.com", headers: { "api-key": secret("otel") } },
    frontend: { memorySize: 512, reservedConcurrency: 10, provisionedConcurrency: 1 },
    router: { memorySize: 512, reservedConcurrency: 10, provisionedConcurrency: 1 },
    kmsKey: "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012",
    tags: { "Cost Center": "1" },
  },
  "tokens, a given network, no records": {
    processors: [{ name: "word-count", handler: "word-count" }],
    tracking: false,
    alarms: { topicArn: "arn:aws:sns:us-east-1:123456789012:pager" },
    jwt: {
      issuer: "https://issuer.example",
      audiences: ["jobs"],
      scopes: { submit: "jobs/submit", read: "jobs/read" },
      operators: ["alice"],
      tenantClaim: "tenant",
    },
    network: { vpcId: "vpc-9", subnetIds: ["subnet-9"], securityGroupIds: ["sg-9"] },
  },
  "another registry": {
    jwt: { issuer: "https://issuer.example", audiences: ["jobs"], scopes: { operate: "jobs/operate" } },
    processors: [{ name: "word-count", handler: "word-count", registryCredentials: secret("ghcr") }],
    image: "ghcr.io/acme/worker:1",
    registryCredentials: secret("registry"),
  },
};
