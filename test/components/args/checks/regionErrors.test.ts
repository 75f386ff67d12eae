import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { BatchJobProcessor, type BatchJobProcessorArgs, type ProcessorArgs } from "../../../../components";
import { record } from "../../../support/record";

/** The error of a component in us-east-1; undefined if there is none. */
const failureOf = (args: Omit<BatchJobProcessorArgs, "processors">, ...processors: Partial<ProcessorArgs>[]) => {
  const named = processors.map((processor, index) => ({ name: `t${index}`, handler: "h", ...processor }));
  return record(() => new BatchJobProcessor("media", { ...args, processors: named })).then(
    () => undefined,
    (error: Error) => error.message,
  );
};

describe("inputs that a region doesn't have", () => {
  it("are refused by path: a topic of another region, to which CloudWatch sends no alarm", async () => {
    const topic = (region: string) => `arn:aws:sns:${region}:123456789012:pager`;
    for (const topicArn of [topic("eu-west-1"), pulumi.output(topic("eu-west-1"))]) {
      expect(await failureOf({ alarms: { topicArn } }, {})).to.include(
        "  alarms.topicArn: Expected a topic of us-east-1, the only region to which its alarms are sent, got one of eu-west-1",
      );
    }
    expect(await failureOf({ alarms: { topicArn: topic("us-east-1") } }, {})).to.equal(undefined);
  });

  it("are refused by path: types without a known price, which a budget would count as nothing", async () => {
    const budgeted = { alarms: { email: "ops@example.com" }, budget: { dollarsPerDay: 1 } };
    const metal = { instanceTypes: ["c7g.large", "c7g.metal"] };
    expect(await failureOf(budgeted, {}, metal)).to.include(
      "  processors[1].pricePerInstanceHour: Expected with budget, since no price of c7g.metal in us-east-1 is known, got none",
    );
    expect(await failureOf(budgeted, {}, { ...metal, pricePerInstanceHour: 2 })).to.equal(undefined);
    expect(await failureOf({ alarms: budgeted.alarms }, metal)).to.equal(undefined);
  });
});
