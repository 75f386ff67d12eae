import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { BatchJobProcessor } from "../../../components";
import { record } from "../../support/record";
import { everyOption } from "../everyOption";

describe("the outputs of AWS's resources", () => {
  for (const [name, args] of Object.entries(everyOption)) {
    it(`are kept if something reads them: ${name}`, async () => {
      const declared = new Map<pulumi.Resource, string[]>();
      let leftOut = 0;
      const refuseReading: pulumi.ResourceTransformation = ({ resource, name, props }) => {
        for (const output of declared.get(resource) ?? []) {
          if (output in (props as object)) continue;
          leftOut++;
          const get = () => {
            throw new Error(`Expected ${output} among the kept outputs: it is read of ${name}`);
          };
          Object.defineProperty(resource, output, { get });
        }
        return undefined;
      };
      const noteOutputs: pulumi.ResourceTransformation = ({ resource, props }) => {
        declared.set(resource, Object.keys(props));
        return undefined;
      };
      await record(() => {
        pulumi.runtime.registerStackTransformation(refuseReading);
        return new BatchJobProcessor("media", args, { transformations: [noteOutputs] });
      });
      expect(leftOut).to.be.above(500);
    });
  }

  it("are visible to transformations that tag all taggable resources", async () => {
    const { named } = await record(() => {
      pulumi.runtime.registerStackTransformation(({ props, opts }) =>
        "tags" in (props as object) ? { props: { ...(props as object), tags: { team: "media" } }, opts } : undefined,
      );
      return new BatchJobProcessor("jobs", { processors: [{ name: "a", handler: "word-count" }] });
    });
    expect(named("jobs-a-queue-jobs").inputs.tags).to.deep.equal({ team: "media" });
    expect(named("jobs-a-queue-jobs-policy").inputs).not.to.have.property("tags");
  });
});
