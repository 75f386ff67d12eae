// Brings the component up on a folder of data, prints where, and waits to be killed.
import * as aws from "@pulumi/aws";
import { startJourney } from "./stack";

async function main([folder, workerMain]: string[]): Promise<void> {
  const { url, cloud } = await startJourney(
    [{ name: "echo", handler: "echo", slots: 1, maxInstances: 2 }],
    undefined,
    () => {
      new aws.s3.Bucket("objects", { bucket: "objects" });
      return {};
    },
    {
      workerMain: workerMain!,
      workerEnvironment: { WORKER_VISIBILITY_TIMEOUT_SECONDS: "6" },
      data: { folder: folder!, owner: "test/kept" },
    },
  );
  const { endpoint, region, credentials } = cloud;
  console.log(JSON.stringify({ url, endpoint, region, credentials }));
}

void main(process.argv.slice(2));
