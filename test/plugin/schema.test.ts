import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import * as choices from "../../components/args/choices";
import { Effect } from "../../components/aws/permissions";

const root = join(__dirname, "..", "..");

interface Property {
  type?: string;
  $ref?: string;
  description?: string;
  items?: Property;
  additionalProperties?: Property;
}
interface Type {
  properties?: Record<string, Property>;
  enum?: { name: string; value: string }[];
  description?: string;
}
interface Schema {
  version: string;
  resources: Record<string, { inputProperties: Record<string, Property>; requiredInputs: string[] }>;
  types: Record<string, Type>;
}

describe("schema.json", () => {
  const schema = JSON.parse(readFileSync(join(root, "schema.json"), "utf8")) as Schema;
  const typeNamed = (name: string) => schema.types[`batch-job-processor:index:${name}`]!;
  const component = Object.values(schema.resources)[0]!;

  it("has the inputs that other languages can give, and texts for all of them", () => {
    expect(component.requiredInputs).to.deep.equal(["processors"]);
    const all = [component.inputProperties, ...Object.values(schema.types).map(({ properties }) => properties ?? {})];
    for (const [name, { description }] of all.flatMap(Object.entries<Property>)) {
      expect(description, name).to.match(/\S/);
    }
    const processor = typeNamed("Processor").properties!;
    expect(processor).to.include.keys("handler", "command", "image", "schedules", "payloadSchema");
    // A function of the program can't leave it.
    expect(processor).not.to.have.property("handle");
  });

  it("takes any JSON where the types say unknown, and one ARN or several", () => {
    const any = { $ref: "pulumi.json#/Any" };
    expect(typeNamed("Processor").properties!.payloadSchema!.additionalProperties).to.deep.equal(any);
    expect(typeNamed("JobSchedule").properties!.payload).to.include(any);
    expect(typeNamed("PolicyStatement").properties!.Resource).to.include(any);
    expect(typeNamed("PolicyStatement").properties!.Condition!.additionalProperties!.additionalProperties).to.include(
      any,
    );
  });

  it("has an enum for each choice, with the texts that are checked at deploy", () => {
    for (const [name, choice] of Object.entries({ ...choices, Effect })) {
      const members = Object.entries<string>(choice);
      const known = typeNamed(name).enum!.map((member) => [member.name, member.value]);
      expect(known, name).to.deep.equal(members);
    }
  });

  it("refers to types that it has", () => {
    const references = [...JSON.stringify(schema).matchAll(/"\$ref":"#\/types\/([^"]+)"/g)].map(([, type]) => type!);
    expect(references.length).to.be.greaterThan(5);
    for (const type of references) expect(schema.types).to.have.property(type);
  });
});
