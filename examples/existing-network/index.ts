import * as pulumi from "@pulumi/pulumi";
import { BatchJobProcessor, Job } from "batch-job-processor";

const config = new pulumi.Config();

const jobs = new BatchJobProcessor("inside", {
  network: {
    vpcId: config.require("vpcId"),
    subnetIds: config.requireObject<string[]>("subnetIds"),
    securityGroupIds: config.getObject<string[]>("securityGroupIds"),
  },
  processors: [
    {
      name: "reach",
      timeoutSeconds: 30,
      maxAttempts: 2,
      async handle(job: Job<{ host: string; port: number }>, context) {
        const { connect } = await import("node:net");
        const { host, port } = job.payload;
        const start = performance.now();
        const socket = connect({ host, port, signal: context.signal });
        try {
          await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
          return { address: socket.remoteAddress, milliseconds: Math.round(performance.now() - start) };
        } finally {
          socket.destroy();
        }
      },
    },
  ],
});

export const { url, queueUrls, deadLetterQueueUrls, logGroupNames, functionLogGroupName, workerSecurityGroupId } = jobs;
