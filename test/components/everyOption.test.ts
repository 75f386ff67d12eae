import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { packageRoot } from "../../contract/packageRoot";
import { everyOption } from "./everyOption";

/** An input in schema.json, or a part of one. */
interface Property {
  $ref?: string;
  items?: Property;
  additionalProperties?: Property;
}
type Properties = Record<string, Property>;

const schema = JSON.parse(readFileSync(join(packageRoot(), "schema.json"), "utf8")) as {
  types: Record<string, { properties?: Properties }>;
  resources: Record<string, { inputProperties: Properties }>;
};
const [component] = Object.values(schema.resources);

function typeOf({ $ref }: Property): { name: string; properties: Properties } | undefined {
  const name = $ref?.replace("#/types/", "") ?? "";
  const properties = schema.types[name]?.properties;
  return properties && { name: name.split(":").pop()!, properties };
}

/** `Type.input` of all that a value names, in whatever depth. */
function named(value: unknown, property: Property): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => named(item, property.items ?? {}));
  const type = typeOf(property);
  if (!type) return [];
  return Object.entries(value as object).flatMap(([name, item]) => [
    `${type.name}.${name}`,
    ...named(item, type.properties[name] ?? {}),
  ]);
}

describe("the programs with every option", () => {
  it("name every input of the schema", () => {
    const types = Object.keys(schema.types).flatMap((name) => typeOf({ $ref: name }) ?? []);
    const all = [{ name: "", properties: component!.inputProperties }, ...types].flatMap(({ name, properties }) =>
      Object.keys(properties).map((input) => `${name}.${input}`),
    );
    const found = Object.values(everyOption).flatMap((args) =>
      Object.entries(args).flatMap(([input, value]) => [
        `.${input}`,
        ...named(value, component!.inputProperties[input] ?? {}),
      ]),
    );
    expect(all.filter((input) => !found.includes(input))).to.deep.equal([]);
    expect(all.length).to.be.greaterThan(60);
  });
});
