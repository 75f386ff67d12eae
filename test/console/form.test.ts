import { expect } from "chai";
import { fieldsOf, parsePayload, payloadOf, textsOf } from "../../console/form";

const schema = {
  type: "object",
  required: ["customer", "amount", "tags"],
  properties: {
    customer: { type: "string", minLength: 1, description: "Number" },
    amount: { type: "number" },
    copies: { type: "integer" },
    currency: { enum: ["EUR", 5, null], default: "EUR" },
    mail: { type: "object", required: ["to"], properties: { to: { type: "string" }, urgent: { type: "boolean" } } },
    tags: { type: "array", items: { type: "integer" } },
  },
};

describe("The form of a schema", () => {
  const fields = fieldsOf(schema)!;
  const filled = (texts: Record<string, string>) =>
    payloadOf(
      fields,
      fields.map(({ path, initial }) => texts[path.join(".")] ?? initial),
    );

  it("says of a text that is no JSON that the payload is none", () => {
    expect(parsePayload("[2]")).to.deep.equal([2]);
    expect(() => parsePayload("{a}")).to.throw(/^The payload is not JSON: /);
  });

  it("has a field for each value, nested ones too", () => {
    expect(fields.map(({ path, kind, isRequired }) => `${path.join(".")} ${kind} ${isRequired}`)).to.deep.equal([
      ...["customer text true", "amount number true", "copies integer false", "currency choice false"],
      ...["mail.to text false", "mail.urgent choice false", "tags list true"],
    ]);
  });

  it("gives the payload of what was typed, without what was not", () => {
    expect(filled({ customer: "C-1", amount: "1.50", tags: "1\n2\n" })).to.deep.equal({
      payload: { customer: "C-1", amount: 1.5, currency: "EUR", tags: [1, 2] },
    });
    expect(filled({ customer: "", amount: "0", currency: "5", "mail.urgent": "false", "mail.to": "a" })).to.deep.equal({
      payload: { customer: "", amount: 0, currency: 5, mail: { to: "a", urgent: false }, tags: [] },
    });
  });

  it("says which fields are wrong", () => {
    const { problems } = filled({ amount: "much", copies: "1.5", tags: "1\nx" }) as { problems: Map<number, string> };
    expect([...problems]).to.deep.equal([
      [1, 'Expected a number, got "much"'],
      [2, 'Expected a whole number, got "1.5"'],
      [6, 'Expected one whole number a line, got "1\\nx"'],
    ]);
    expect((filled({}) as { problems: Map<number, string> }).problems.get(1)).to.equal("Expected a value");
  });

  it("begins with the texts of a payload", () => {
    const payload = { customer: "C-2", amount: 3, currency: null, mail: { urgent: true }, tags: [4, 5] };
    expect(textsOf(fields, payload)).to.deep.equal(["C-2", "3", "", "null", "", "true", "4\n5"]);
    expect(payloadOf(fields, textsOf(fields, payload))).to.deep.equal({ payload });
  });

  it("keeps a property of the name __proto__", () => {
    const odd = fieldsOf(JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"}}}'))!;
    expect(JSON.stringify(payloadOf(odd, ["x"]))).to.equal('{"payload":{"__proto__":"x"}}');
  });

  it("is left to JSON text for what a form doesn't show", () => {
    const beyond = [
      undefined,
      true,
      { type: "string" },
      { type: "object" },
      { type: "object", properties: { a: { anyOf: [{ type: "string" }] } } },
      { type: "object", properties: { a: { $ref: "#/$defs/a" } } },
      { type: "object", properties: { a: true } },
      { type: "object", properties: { a: { type: ["string", "null"] } } },
      { type: "object", properties: { a: { type: "array", items: { type: "object" } } } },
      { type: "object", properties: { a: { type: "string" } }, additionalProperties: { type: "string" } },
      { type: "object", properties: { a: { type: "string" } }, patternProperties: {} },
    ];
    for (const each of beyond) expect(fieldsOf(each), JSON.stringify(each)).to.equal(undefined);
  });
});
