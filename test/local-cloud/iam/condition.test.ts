import { expect } from "chai";
import { compileConditions, type Context } from "../../../local-cloud/iam/condition";

const holds = (block: object, context: Context) => compileConditions(block)(context);

describe("conditions of policies", () => {
  it("hold where each key of each operator does", () => {
    const block = {
      StringEquals: { "iam:PassedToService": ["a", "b"] },
      Bool: { "aws:SecureTransport": false },
    };
    expect(holds(block, { "iam:passedtoservice": "b", "aws:securetransport": "false" })).to.equal(true);
    expect(holds(block, { "iam:passedtoservice": "c", "aws:securetransport": "false" })).to.equal(false);
    expect(holds(block, { "iam:passedtoservice": "b", "aws:securetransport": "true" })).to.equal(false);
    expect(holds({}, {})).to.equal(true);
  });

  it("of all values hold for none at all, and of any do not", () => {
    const all = { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["echo"] } };
    const any = { "ForAnyValue:StringEquals": { "dynamodb:LeadingKeys": ["echo"] } };
    expect(holds(all, { "dynamodb:leadingkeys": ["echo"] })).to.equal(true);
    expect(holds(all, { "dynamodb:leadingkeys": ["echo", "other"] })).to.equal(false);
    expect(holds(all, {})).to.equal(true);
    expect(holds(any, { "dynamodb:leadingkeys": ["echo", "other"] })).to.equal(true);
    expect(holds(any, { "dynamodb:leadingkeys": ["other"] })).to.equal(false);
    expect(holds(any, {})).to.equal(false);
  });

  it("about a key that the call doesn't have fail, but for negated ones, IfExists and Null", () => {
    const key = (operator: string, value = "x") => ({ [operator]: { "aws:SourceArn": value } });
    expect(holds(key("StringEquals"), {})).to.equal(false);
    expect(holds(key("StringLike", "*"), {})).to.equal(false);
    expect(holds(key("StringEqualsIfExists"), {})).to.equal(true);
    expect(holds(key("StringNotEquals"), {})).to.equal(true);
    expect(holds(key("Null", "true"), {})).to.equal(true);
    expect(holds(key("Null", "true"), { "aws:sourcearn": "x" })).to.equal(false);
    expect(holds(key("Null", "false"), { "aws:sourcearn": "x" })).to.equal(true);
    expect(holds(key("StringNotEquals"), { "aws:sourcearn": "x" })).to.equal(false);
  });

  it("compare ARNs part by part", () => {
    const arn = (pattern: string) =>
      holds({ ArnLike: { "aws:SourceArn": pattern } }, { "aws:sourcearn": "arn:aws:execute-api:r:0:api/$default/x:y" });
    expect(arn("arn:aws:execute-api:r:0:api/*")).to.equal(true);
    expect(arn("arn:aws:execute-api:*:0:api/*")).to.equal(true);
    expect(arn("arn:aws:execute-api:*")).to.equal(false);
    expect(arn("arn:aws:execute-api:r:0:other/*")).to.equal(false);
  });

  it("know tags of groups by key", () => {
    const block = { StringLike: { "autoscaling:ResourceTag/jobs:Fleet": "table/*" } };
    expect(holds(block, { "autoscaling:resourcetag/jobs:fleet": "table/echo" })).to.equal(true);
    expect(holds(block, { "autoscaling:resourcetag/jobs:fleet": "other/echo" })).to.equal(false);
    expect(holds(block, {})).to.equal(false);
  });
});
