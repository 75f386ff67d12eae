import { expect } from "chai";
import { defaults } from "../../../components";

interface Member {
  name: string;
  optional: boolean;
  text: string;
  default?: string;
}

describe("defaults", () => {
  let membersOf: (path: string, name: string) => Member[];

  before(async () => {
    // @ts-expect-error a script without types
    ({ membersOf } = (await import("../../../tools/documents/reference.mjs")) as { membersOf: typeof membersOf });
  });

  const subjects: [string, string, Record<string, unknown>][] = [
    ["components/args/BatchJobProcessorArgs.ts", "BatchJobProcessorArgs", defaults],
    ["components/args/ProcessorArgs.ts", "ProcessorArgs", defaults.processor],
  ];
  for (const [path, name, values] of subjects) {
    it(`are what the texts of ${name} say`, () => {
      const members = membersOf(path, name);
      expect(members.length).to.be.greaterThan(10);
      for (const member of members) {
        expect(member.text, `text of ${member.name}`).not.to.equal("");
        expect(member.default !== undefined, `@default of ${member.name}`).to.equal(member.optional);
        if (!member.optional || member.default!.startsWith("- ")) continue;
        expect(String(values[member.name]), member.name).to.equal(member.default);
      }
    });
  }
});
