import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { BatchJobProcessor, BatchJobProcessorArgs, Job } from "batch-job-processor";

const args: BatchJobProcessorArgs = {
  processors: [
    {
      name: "report",
      instanceTypes: ["t4g.small"], // what an account on the free plan may launch
      payloadSchema: { type: "object", required: ["month"], properties: { month: { type: "string" } } },
      schedules: [{ name: "monthly", expression: "cron(0 6 1 * ? *)", payload: { month: "the last" } }],
      handle: async ({ payload }: Job<{ month: string }>) => `${payload.month}, from ${process.env.AWS_REGION}`,
    },
  ],
};

function jobsIn(name: string, region: aws.Region, more: Partial<BatchJobProcessorArgs> = {}): BatchJobProcessor {
  const provider = new aws.Provider(name, { region });
  return new BatchJobProcessor(name, { ...args, ...more }, { provider });
}

const jobs = jobsIn("reports", "us-east-1");
const standby = jobsIn("reports-standby", "us-west-2", { schedulesEnabled: false });

/** In the order of their use. */
export const urls = pulumi.all([jobs.url, standby.url]);
