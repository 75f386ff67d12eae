import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { BatchJobProcessor } from "../../components";
import { record } from "../support/record";
import { everyOption } from "./everyOption";

describe("a component's provider", () => {
  for (const [name, args] of Object.entries(everyOption)) {
    it(`is that of all its resources and calls: ${name}`, async () => {
      const { resources, providers } = await record(() => {
        const provider = new aws.Provider("west", { region: "us-west-2" });
        return new BatchJobProcessor("media", args, { provider });
      });
      const isAws = ([token]: [string, string]) => token.startsWith("aws:");
      const others = providers.filter(isAws).filter(([, provider]) => !provider.endsWith("::west::west-id"));
      expect(others).to.deep.equal([]);
      expect(providers.some(([token]) => token === "aws:index/getRegion:getRegion")).to.equal(true);
      const outside = resources.filter(({ parent, type }) => !parent && !/^pulumi:|BatchJobProcessor$/.test(type));
      expect(outside).to.deep.equal([]);
    });
  }
});
