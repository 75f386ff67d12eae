import { expect } from "chai";
import { expectSdks } from "../../../components/pulumi/expectSdks";

describe("expectSdks", () => {
  it("says which SDKs are missing, and how to get them", () => {
    expectSdks();
    const resolve = (name: string) => {
      if (name !== "@pulumi/pulumi") throw new Error("no such module");
    };
    expect(() => expectSdks(resolve)).to.throw(
      /^Expected the Pulumi SDKs beside batch-job-processor, found no @pulumi\/aws and no @pulumi\/awsx: npm install /,
    );
  });
});
