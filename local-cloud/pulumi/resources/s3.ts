import { readFile } from "node:fs/promises";
import * as pulumi from "@pulumi/pulumi";
import type { LocalCloud } from "../../cloud";
import { optionalText, type Properties, text } from "../../properties";
import { objectKey } from "../../stores/objectStore";
import { jsonText, physicalName, putHandler, type ResourceHandler, type ResourceHandlers } from "../resource";

const bucket: ResourceHandler = {
  async create(inputs, context) {
    const { cloud } = context;
    const name = physicalName(inputs, context, "bucket");
    await cloud.calls.send({ service: "s3", method: "PUT", path: `/${name}` });
    const domain = `${name}.s3.amazonaws.com`;
    const regionalDomain = `${name}.s3.${cloud.region}.amazonaws.com`;
    const names = { bucket: name, arn: `arn:aws:s3:::${name}`, region: cloud.region };
    return {
      id: name,
      state: { ...inputs, ...names, bucketDomainName: domain, bucketRegionalDomainName: regionalDomain },
    };
  },
  update: (_id, state, inputs) => ({ ...state, ...inputs }),
  delete: (id, { forceDestroy }, { cloud }) => {
    if (forceDestroy) cloud.messaging.emptyBucket(id);
    return cloud.calls.send({ service: "s3", method: "DELETE", path: `/${id}` });
  },
};

const object: ResourceHandler = {
  async create(inputs, { cloud }) {
    const bucketName = text(inputs, "bucket");
    const key = text(inputs, "key");
    const path = pathOf(bucketName, key);
    const contentType = optionalText(inputs, "contentType");
    const headers = contentType ? { "content-type": contentType } : undefined;
    await cloud.calls.send({ service: "s3", method: "PUT", path, headers, body: await contentOf(inputs) });
    // Each run's program makes its own.
    cloud.data?.delete(objectKey(bucketName, key));
    return { id: key, state: { ...inputs, arn: `arn:aws:s3:::${bucketName}/${key}` } };
  },
  delete: (id, state, { cloud }) =>
    cloud.calls.send({ service: "s3", method: "DELETE", path: pathOf(text(state, "bucket"), id) }),
};

/** A setting of a bucket that has no effect here. */
const setting: ResourceHandler = {
  create: (inputs) => ({ id: text(inputs, "bucket"), state: inputs }),
};

const bucketPolicy: ResourceHandler = {
  create(inputs, { cloud }) {
    const name = text(inputs, "bucket");
    cloud.iam.resourcePolicies.put(`arn:aws:s3:::${name}`, "bucket policy", jsonText(inputs.policy));
    return { id: name, state: inputs };
  },
  delete: (id, _state, { cloud }) => cloud.iam.resourcePolicies.delete(`arn:aws:s3:::${id}`, "bucket policy"),
};

interface FunctionRule {
  id?: string;
  lambdaFunctionArn: string;
  events: string[];
  filterPrefix?: string;
  filterSuffix?: string;
}

const notification = putHandler(
  (inputs, { cloud }) => {
    setRules(cloud, inputs);
    return { id: text(inputs, "bucket"), state: inputs };
  },
  (id, _state, { cloud }) => cloud.bucketEvents.delete(id),
);

function setRules(cloud: LocalCloud, inputs: Properties): void {
  const bucketName = text(inputs, "bucket");
  for (const other of ["queues", "topics", "eventbridge"]) {
    const value = inputs[other];
    if (value === undefined || value === false || (Array.isArray(value) && value.length === 0)) continue;
    throw new Error(`Expected \`lambdaFunctions\` alone in the local cloud, got \`${other}\``);
  }
  const rules = (inputs.lambdaFunctions ?? []) as FunctionRule[];
  for (const { lambdaFunctionArn } of rules) {
    if (!cloud.lambdas.find(lambdaFunctionArn)) throw new Error(`There is no function ${lambdaFunctionArn}`);
  }
  cloud.bucketEvents.set(
    bucketName,
    rules.map(({ id, lambdaFunctionArn, events, filterPrefix, filterSuffix }, index) => ({
      id: id ?? `tf-s3-lambda-${index}`,
      functionArn: lambdaFunctionArn,
      events,
      prefix: filterPrefix ?? "",
      suffix: filterSuffix ?? "",
    })),
  );
}

const settings = [
  "bucketAcl:BucketAcl",
  "bucketLifecycleConfiguration:BucketLifecycleConfiguration",
  "bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2",
  "bucketOwnershipControls:BucketOwnershipControls",
  "bucketPublicAccessBlock:BucketPublicAccessBlock",
  "bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
  "bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
  "bucketVersioning:BucketVersioning",
  "bucketVersioningV2:BucketVersioningV2",
];

export const s3: ResourceHandlers = {
  "aws:s3/bucket:Bucket": bucket,
  "aws:s3/bucketV2:BucketV2": bucket,
  "aws:s3/bucketPolicy:BucketPolicy": bucketPolicy,
  "aws:s3/bucketObject:BucketObject": object,
  "aws:s3/bucketObjectv2:BucketObjectv2": object,
  "aws:s3/bucketNotification:BucketNotification": notification,
  ...Object.fromEntries(settings.map((name) => [`aws:s3/${name}`, setting])),
};

function pathOf(bucketName: string, key: string): string {
  return `/${bucketName}/${key.split("/").map(encodeURIComponent).join("/")}`;
}

async function contentOf(inputs: Properties): Promise<Buffer> {
  const { source } = inputs;
  if (source instanceof pulumi.asset.StringAsset) return Buffer.from(await source.text);
  if (source instanceof pulumi.asset.FileAsset) return readFile(await source.path);
  if (source !== undefined) throw new Error("Expected `source` as a text or file asset");
  const encoded = optionalText(inputs, "contentBase64");
  return encoded === undefined ? Buffer.from(optionalText(inputs, "content") ?? "") : Buffer.from(encoded, "base64");
}
