import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { BatchJobProcessor, type BatchJobProcessorArgs } from "../../../components";
import type { CloudOptions, LocalCloud } from "../../../local-cloud/cloud";
import { startTestCloud, type TestCloud } from "../../local-cloud/support";

/** One of two components of the same name and inputs. */
export interface RegionalJobs {
  /** URL of the API, without a trailing slash. */
  url: string;
  /** Its region: `cloud.outage.begin({ kind: "refuse" })` loses that, `cloud.outage.end()` brings it back. */
  cloud: LocalCloud;
  queueUrls: Record<string, string>;
  jobTable: string;
}

export interface TwoRegions extends TestCloud {
  east: RegionalJobs;
  west: RegionalJobs;
}

/** Starts a component in us-east-2 and another in us-west-2, by providers of one program; us-east-1 has none. */
export async function startTwoRegions(
  args: BatchJobProcessorArgs,
  options: Partial<CloudOptions> = {},
): Promise<TwoRegions> {
  const test = await startTestCloud(options);
  const jobsIn = (name: string, region: aws.Region) => {
    const provider = new aws.Provider(name, { region });
    const parent = new pulumi.ComponentResource(`test:index:${name}`, name, {}, { provider });
    const { url, queueUrls, jobTableName } = new BatchJobProcessor("jobs", args, { parent });
    return { url: url.apply((text) => text.replace(/\/$/, "")), queueUrls, jobTable: jobTableName };
  };
  const outputs = await test.up(() => ({ east: jobsIn("East", "us-east-2"), west: jobsIn("West", "us-west-2") }));
  const { east, west } = outputs as { east: Omit<RegionalJobs, "cloud">; west: Omit<RegionalJobs, "cloud"> };
  const [inEast, inWest] = await Promise.all(["us-east-2", "us-west-2"].map(test.cloud.inRegion));
  return { ...test, east: { ...east, cloud: inEast! }, west: { ...west, cloud: inWest! } };
}
