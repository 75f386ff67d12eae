import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { BatchJobProcessor } from "../../../../components";
import { record } from "../../../support/record";

const imageIn = (region: string) => `123456789012.dkr.ecr.${region}.amazonaws.com/worker:1`;

describe("images of private workers", () => {
  const failureOf = (image: pulumi.Input<string>, own?: pulumi.Input<string>) =>
    record(
      () =>
        new BatchJobProcessor("media", {
          processors: [{ name: "word-count", handler: "word-count", ...(own !== undefined && { image: own }) }],
          ...{ image, network: { privateWorkers: true } },
        }),
    ).then(
      () => undefined,
      (error: Error) => error.message,
    );

  it("are refused by path where they are of another region, which no endpoint reaches", async () => {
    const expected = "Expected an image of us-east-1 with privateWorkers";
    expect(await failureOf(pulumi.output(imageIn("eu-west-1")))).to.include(`image: ${expected}`);
    expect(await failureOf(imageIn("us-east-1"), imageIn("eu-west-1"))).to.include(`processors[0].image: ${expected}`);
    expect(await failureOf(imageIn("us-east-1"))).to.equal(undefined);
  });

  it("are refused by path and in the same words if another registry's come as text or as Output", async () => {
    const other = "ghcr.io/acme/worker:1";
    const reason = `Expected an image of a private ECR repository with privateWorkers, got "${other}"`;
    for (const image of [other, pulumi.output(other)]) {
      expect(await failureOf(image)).to.include(` image: ${reason}`);
      expect(await failureOf(imageIn("us-east-1"), image)).to.include(`processors[0].image: ${reason}`);
    }
    expect(await failureOf(pulumi.output(imageIn("us-east-1")))).to.equal(undefined);
    expect(await failureOf(pulumi.output(""))).to.include("image: Expected an image of a private ECR repository");
  });
});
