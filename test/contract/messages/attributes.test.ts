import { expect } from "chai";
import fc from "fast-check";
import { depthOf, describe as describeValue } from "../../../contract/check";
import { acceptableText, stringAttributes } from "../../../contract/messages/attributes";

describe("stringAttributes", () => {
  it("leaves out what is empty or undefined", () => {
    expect(stringAttributes({ type: "a", reason: "", attempt: undefined })).to.deep.equal({
      type: { DataType: "String", StringValue: "a" },
    });
  });

  it("turns any text into one that SQS takes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 1_200 }), (text) => {
        const value = stringAttributes({ reason: text }).reason?.StringValue ?? "";
        expect(value.length).to.be.at.most(1_000);
        expect(value).to.equal(acceptableText(value));
        expect(value).to.not.match(/[\ud800-\udfff]/u);
      }),
    );
  });

  it("does not leave half a character where it cuts", () => {
    const value = stringAttributes({ reason: "a".repeat(999) + "😀" }).reason!.StringValue;
    expect(value).to.equal("a".repeat(999) + "\ufffd");
  });
});

describe("describe", () => {
  it("never repeats more than a few characters", () => {
    fc.assert(fc.property(fc.anything(), (value) => describeValue(value).length < 500));
    expect(describeValue("x".repeat(100_000))).to.equal(`"${"x".repeat(60)}"… (100000 characters)`);
  });
});

describe("depthOf", () => {
  it("counts containers inside one another, and stops past the limit", () => {
    expect([1, {}, [[]], { a: { b: [1] } }].map((value) => depthOf(value, 10))).to.deep.equal([0, 1, 2, 3]);
    expect(depthOf(JSON.parse("[".repeat(100_000) + "]".repeat(100_000)), 64)).to.equal(65);
  });
});
