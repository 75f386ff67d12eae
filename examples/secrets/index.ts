import * as pulumi from "@pulumi/pulumi";
import { BatchJobProcessor, Job } from "batch-job-processor";

const config = new pulumi.Config();

const jobs = new BatchJobProcessor("secrets", {
  processors: [
    {
      name: "sign",
      // An ARN; the workers read the value at their start.
      secrets: { SIGNING_KEY: config.require("signingKeyArn") },
      async handle(job: Job<{ text: string }>) {
        const { createHmac } = await import("node:crypto");
        const { text } = job.payload;
        return { text, signature: createHmac("sha256", process.env.SIGNING_KEY!).update(text).digest("hex") };
      },
    },
  ],
});

export const { url, queueUrls, deadLetterQueueUrls, logGroupNames, functionLogGroupName } = jobs;
