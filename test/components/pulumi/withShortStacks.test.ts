import { expect } from "chai";
import { withShortStacks } from "../../../components/pulumi/withShortStacks";

describe("withShortStacks", () => {
  it("leaves an error its message alone, even where all frames are asked for, and later ones their frames", () => {
    const stack = withShortStacks(() => {
      Error.stackTraceLimit = Infinity;
      return new TypeError("a message").stack;
    });
    expect(stack).to.equal("TypeError: a message");
    const fail = () => {
      throw new Error("while building");
    };
    expect(() => withShortStacks(fail)).to.throw("while building");
    expect(new Error("afterwards").stack).to.include(__filename);
  });
});
