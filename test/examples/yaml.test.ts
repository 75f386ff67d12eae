import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { BatchJobProcessor, type BatchJobProcessorArgs } from "../../components";
import { record } from "../support/record";

const root = join(__dirname, "..", "..");

interface Property {
  type?: string;
  $ref?: string;
  items?: Property;
  additionalProperties?: Property;
}
interface Type {
  properties?: Record<string, Property>;
  required?: string[];
  enum?: { value: string }[];
}
interface Schema {
  resources: Record<string, { inputProperties: Record<string, Property>; requiredInputs: string[] }>;
  types: Record<string, Type>;
}

describe("the example yaml", () => {
  const schema = JSON.parse(readFileSync(join(root, "schema.json"), "utf8")) as Schema;
  const program = parse(readFileSync(join(root, "examples", "yaml", "Pulumi.yaml"), "utf8")) as {
    resources: { jobs: { type: string; properties: Record<string, unknown> } };
  };
  const { jobs } = program.resources;
  const component = schema.resources["batch-job-processor:index:BatchJobProcessor"]!;

  /** Places at which the value doesn't fit the schema; the engine checks values of other resources. */
  function misfits(value: unknown, property: Property, path: string): string[] {
    if (property.$ref === "pulumi.json#/Any" || (typeof value === "string" && value.includes("${"))) return [];
    if (property.$ref) return typeMisfits(value, schema.types[property.$ref.replace("#/types/", "")]!, path);
    if (property.type === "array") {
      if (!Array.isArray(value)) return [path];
      return value.flatMap((item, index) => misfits(item, property.items!, `${path}[${index}]`));
    }
    if (property.additionalProperties) {
      const entries = Object.entries(value as object) as [string, unknown][];
      return entries.flatMap(([key, item]) => misfits(item, property.additionalProperties!, `${path}.${key}`));
    }
    return typeof value === property.type ? [] : [path];
  }

  function typeMisfits(value: unknown, type: Type, path: string): string[] {
    if (type.enum) return type.enum.some((member) => member.value === value) ? [] : [path];
    return objectMisfits(value as Record<string, unknown>, type.properties!, type.required!, path);
  }

  function objectMisfits(
    value: Record<string, unknown>,
    properties: Record<string, Property>,
    required: string[],
    path: string,
  ): string[] {
    const missing = required.filter((name) => !(name in value)).map((name) => `${path}.${name} is missing`);
    return Object.entries(value).reduce((found, [name, item]) => {
      const property = properties[name];
      return [...found, ...(property ? misfits(item, property, `${path}.${name}`) : [`${path}.${name} is unknown`])];
    }, missing);
  }

  const check = (properties: Record<string, unknown>) =>
    objectMisfits(properties, component.inputProperties, component.requiredInputs, "jobs");

  it("gives the component what the schema takes", () => {
    expect(jobs.type).to.equal("batch-job-processor:BatchJobProcessor");
    expect(check(jobs.properties)).to.deep.equal([]);
    const [first] = jobs.properties.processors as object[];
    const wrong = { tracking: "yes", metrics: "never", processors: [{ ...first, name: undefined, colour: "red" }] };
    expect(check(wrong)).to.deep.equal([
      "jobs.tracking",
      "jobs.metrics",
      "jobs.processors[0].name",
      "jobs.processors[0].colour is unknown",
    ]);
  });

  it("gives it what the component takes", async () => {
    const properties = { ...jobs.properties, frontend: { memorySize: 512 } } as unknown as BatchJobProcessorArgs;
    const { ofType } = await record(() => new BatchJobProcessor("jobs", properties));
    expect(ofType("autoscaling/group:Group")).to.have.length(2);
    expect(ofType("scheduler/schedule:Schedule")).to.have.length(1);
  });
});
