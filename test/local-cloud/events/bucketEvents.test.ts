import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { codeFunction, letInvoke } from "../programs";
import { rejection, startTestCloud, type TestCloud, until } from "../support";

interface S3Event {
  Records: {
    eventName: string;
    s3: { bucket: { name: string }; object: { key: string; size: number; eTag: string } };
  }[];
}

describe("a bucket's events", () => {
  let test: TestCloud;
  beforeEach(async () => {
    test = await startTestCloud();
  });
  afterEach(() => test.stop());

  const program = (prefix: string, suffix = "") => {
    const bucket = new aws.s3.Bucket("pictures");
    const hear = codeFunction("hear", "exports.handler = async (event) => console.log(JSON.stringify(event));");
    letInvoke("pictures-hear", hear, "s3", bucket.arn);
    new aws.s3.BucketNotification("created", {
      bucket: bucket.id,
      lambdaFunctions: [
        { lambdaFunctionArn: hear.arn, events: ["s3:ObjectCreated:*"], filterPrefix: prefix, filterSuffix: suffix },
      ],
    });
    return { bucket: bucket.bucket };
  };
  const heard = () =>
    test.logs
      .filter(({ line }) => line.includes("aws:s3"))
      .map(({ line }) => (JSON.parse(line.split("\t").at(-1)!) as S3Event).Records[0]!);

  it("tell a function which object was put, with its key form-encoded", async () => {
    const { bucket: Bucket } = (await test.up(() => program("in/", ".txt"))) as { bucket: string };
    for (const Key of ["in/a b+ä.txt", "in/a.jpg", "out/a.txt"]) {
      await test.s3.send(new PutObjectCommand({ Bucket, Key, Body: "four" }));
    }
    await until(() => heard().length > 0);
    const [record, ...others] = heard();
    expect(others).to.deep.equal([]);
    expect(record).to.include({ eventName: "ObjectCreated:Put", eventSource: "aws:s3" });
    expect(record!.s3.bucket.name).to.equal(Bucket);
    expect(record!.s3.object).to.include({ key: "in/a+b%2B%C3%A4.txt", size: 4 });
    expect(record!.s3.object.eTag).to.match(/^[0-9a-f]{32}$/);
  });

  it("report a multipart upload once it is complete", async () => {
    const { bucket: Bucket } = (await test.up(() => program(""))) as { bucket: string };
    const Key = "large";
    const { UploadId } = await test.s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const { ETag } = await test.s3.send(
      new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: Buffer.alloc(10) }),
    );
    expect(heard()).to.deep.equal([]);
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await test.s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }));
    await until(() => heard().length > 0);
    expect(heard()[0]!.eventName).to.equal("ObjectCreated:CompleteMultipartUpload");
    expect(heard()[0]!.s3.object.size).to.equal(10);
  });

  it("change with the program, and end with it", async () => {
    const { bucket: Bucket } = (await test.up(() => program("old/"))) as { bucket: string };
    await test.update(() => program("new/"));
    for (const Key of ["old/a", "new/a"]) await test.s3.send(new PutObjectCommand({ Bucket, Key, Body: "x" }));
    await until(() => heard().length > 0);
    await test.update(() => ({ bucket: new aws.s3.Bucket("pictures").bucket }));
    await test.s3.send(new PutObjectCommand({ Bucket, Key: "new/b", Body: "x" }));
    expect(heard().map(({ s3 }) => s3.object.key)).to.deep.equal(["new/a"]);
  });

  it("to other targets are refused", async () => {
    const failure = test.up(() => {
      const bucket = new aws.s3.Bucket("pictures");
      new aws.s3.BucketNotification("created", { bucket: bucket.id, eventbridge: true });
    });
    expect((await rejection(failure)).message).to.include("got `eventbridge`");
  });
});
