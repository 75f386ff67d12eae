import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect } from "chai";
import sharp from "sharp";
import { packageRoot } from "../../contract/packageRoot";
import { until } from "../local-cloud/support";
import { type RunningExample, startExample } from "./support";

describe("the example thumbnails", () => {
  let example: RunningExample;
  before(async () => (example = await startExample("thumbnails")));
  after(async () => {
    example?.s3.destroy();
    await example?.stop();
  });

  const jobs = async () => (await example.get("jobs?type=thumbnail")).jobs as Record<string, unknown>[];

  it("makes a thumbnail of each picture below uploads/, whatever its name, and of nothing else", async () => {
    const Bucket = example.outputs.bucketName as string;
    const Body = readFileSync(join(packageRoot(), "docs", "pictures", "julia.jpg"));
    for (const Key of ["uploads/julia.jpg", "uploads/a folder/ä+b.jpg", "elsewhere/julia.jpg"]) {
      await example.s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    }
    const thumbnails = ["thumbnails/uploads/a folder/ä+b-320.jpg", "thumbnails/uploads/julia-320.jpg"];
    // An object comes before its job's end is recorded.
    await until(async () => {
      const states = (await jobs()).map(({ state }) => state);
      return states.length >= thumbnails.length && states.every((state) => state === "succeeded");
    });
    const { Contents = [] } = await example.s3.send(new ListObjectsV2Command({ Bucket, Prefix: "thumbnails/" }));
    expect(Contents.map(({ Key }) => Key)).to.have.members(thumbnails);
    const { Body: made } = await example.s3.send(new GetObjectCommand({ Bucket, Key: thumbnails[1] }));
    expect((await sharp(await made!.transformToByteArray()).metadata()).width).to.equal(320);
    // What was made is no upload: there are no further jobs.
    await sleep(1_000);
    expect(await jobs()).to.have.length(2);
  });

  it("runs one job for an event that S3 sends twice", async () => {
    const Bucket = example.outputs.bucketName as string;
    const announce = example.test.cloud.lambdas.list().find(({ spec }) => spec.name.startsWith("announce"))!;
    const record = {
      eventTime: new Date().toISOString(),
      s3: { bucket: { name: Bucket }, object: { key: "uploads/julia.jpg", sequencer: "0A" } },
    };
    const before = (await jobs()).length;
    for (let time = 0; time < 2; time++) await announce.invoke(JSON.stringify({ Records: [record] }));
    await until(async () => (await jobs()).length > before);
    await sleep(1_000);
    expect(await jobs()).to.have.length(before + 1);
  });
});
