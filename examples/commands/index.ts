import { dirname, join, relative } from "node:path";
import * as awsx from "@pulumi/awsx";
import { BatchJobProcessor } from "batch-job-processor";

// The stock worker, from the package, and on top of it Python and the script: two images of one repository.
const repository = new awsx.ecr.Repository("worker", {
  // Instances of an old launch template version may pull its image yet; by default one untagged image is kept.
  lifecyclePolicy: { rules: [{ tagStatus: "untagged", maximumNumberOfImages: 10 }] },
  forceDelete: true,
});
const platform = "linux/arm64";
const stock = new awsx.ecr.Image("stock", {
  repositoryUrl: repository.url,
  // Relative, so that it is the same on every machine.
  context: relative("", join(dirname(require.resolve("batch-job-processor/package.json")), "worker-image")),
  // Else each build has another digest, and for that the image on top of it.
  args: { SOURCE_DATE_EPOCH: "499162500" },
  imageTag: "stock",
  platform,
});
const image = new awsx.ecr.Image("statistics", {
  repositoryUrl: repository.url,
  context: "image",
  args: { WORKER: stock.imageUri },
  imageTag: "statistics",
  platform,
});

const jobs = new BatchJobProcessor("commands", {
  image: image.imageUri,
  processors: [
    {
      name: "statistics",
      // Beside the worker, in the image's working directory.
      command: ["python3", "image/statistics_of.py"],
      description: "Mean, median and deviation of a list of numbers: payload {numbers: [...]}",
      payloadSchema: {
        type: "object",
        properties: { numbers: { type: "array", items: { type: "number" } } },
        required: ["numbers"],
      },
      timeoutSeconds: 60,
    },
  ],
});

export const { url, queueUrls, deadLetterQueueUrls, logGroupNames, functionLogGroupName } = jobs;
