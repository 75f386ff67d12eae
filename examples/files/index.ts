import { BatchJobProcessor } from "batch-job-processor";

const jobs = new BatchJobProcessor("files", {
  processors: [
    {
      name: "invoice",
      instanceTypes: ["t4g.small"], // an account on the free plan may launch these
      handler: "./jobs/invoice.ts",
    },
  ],
});

export const { url, queueUrls, deadLetterQueueUrls, logGroupNames, functionLogGroupName } = jobs;
