import { expect } from "chai";
import { samplePayload } from "../../../cli/local/samplePayload";

describe("the payload of a sample line", () => {
  it("fits the type's schema", () => {
    const name = { type: "string", minLength: 6 };
    const schema = {
      type: "object",
      required: ["name", "count", "tags", "kind", "size", "isUrgent", "note"],
      properties: {
        ...{
          name,
          count: { type: "integer", minimum: 3 },
          kind: { enum: ["one", "two"] },
          isUrgent: { type: "boolean" },
        },
        ...{
          tags: { type: "array", minItems: 2, items: name },
          size: { anyOf: [{ type: "null" }, { type: "number" }] },
        },
        ...{ note: { type: "string", default: "none" }, optional: { type: "string" } },
      },
      additionalProperties: false,
    };
    expect(samplePayload(schema)).to.deep.equal({
      ...{
        name: "text--",
        count: 3,
        tags: ["text--", "text--"],
        kind: "one",
        size: null,
        isUrgent: true,
        note: "none",
      },
    });
    expect(samplePayload({ type: "string", examples: ["a-1"], pattern: "^a-\\d$" })).to.equal("a-1");
  });

  it("is arbitrary without a schema, and missing if no simple one fits", () => {
    expect(samplePayload(undefined)).to.deep.equal({ text: "to be or not to be" });
    expect(samplePayload({ type: "string", pattern: "^a-\\d$" })).to.equal(undefined);
    expect(samplePayload({ not: {} })).to.equal(undefined);
  });
});
