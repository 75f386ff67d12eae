import { dirname, join, relative } from "node:path";
import * as awsx from "@pulumi/awsx";
import { BatchJobProcessor } from "batch-job-processor";

// Python jobs need an image of their own: the stock worker, and Python and the script on top of it.
const platform = "linux/arm64";
const repository = new awsx.ecr.Repository("worker", { forceDelete: true });
const stock = new awsx.ecr.Image("stock", {
  repositoryUrl: repository.url,
  context: relative("", join(dirname(require.resolve("batch-job-processor/package.json")), "worker-image")),
  args: { SOURCE_DATE_EPOCH: "499162500" }, // the same digest for each build
  imageTag: "stock",
  platform,
});
const python = new awsx.ecr.Image("python", {
  repositoryUrl: repository.url,
  context: "image",
  args: { WORKER: stock.imageUri },
  imageTag: "python",
  platform,
});

const instanceTypes = ["t4g.small"]; // what an account on the free plan may launch

const jobs = new BatchJobProcessor("jobs", {
  processors: [
    { name: "greet", handler: "./jobs/greet.ts", instanceTypes },
    {
      name: "statistics",
      command: ["python3", "image/statistics_of.py"],
      image: python.imageUri,
      instanceTypes,
      payloadSchema: {
        type: "object",
        properties: { numbers: { type: "array", items: { type: "number" } } },
        required: ["numbers"],
      },
    },
  ],
});

export const url = jobs.url;
