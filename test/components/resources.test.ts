import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { parse } from "yaml";
import { BatchJobProcessor } from "../../components";
import { packageRoot } from "../../contract/packageRoot";
import { record } from "../support/record";
import { everyOption } from "./everyOption";

const root = packageRoot();

/** Programs whose resources are written down: the repository's own, and one for each way to make more of them. */
const programs: Record<string, () => unknown> = {
  "index.ts": ownProgram,
  ...Object.fromEntries(
    Object.entries(everyOption).map(([name, args]) => [name, () => new BatchJobProcessor("media", args)]),
  ),
};

/** index.ts with the settings of Pulumi.dev.yaml. */
function ownProgram(): void {
  const { config } = parse(readFileSync(join(root, "Pulumi.dev.yaml"), "utf8")) as { config: Record<string, unknown> };
  const texts = Object.entries(config).map(([key, value]): [string, string] => [
    key.replace(/^batch-job-processor:/, "project:"),
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  pulumi.runtime.setAllConfig(Object.fromEntries(texts));
  const file = require.resolve("../../index");
  delete require.cache[file];
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the program runs where it is loaded
  require(file);
}

/**
 * A resource that loses its name, type or parent is deleted and made anew by the next deployment, with the jobs in it.
 * The files are written by `UPDATE_RESOURCES=1 npx mocha test/components/resources.test.ts`; a line that goes away
 * needs a line in docs/upgrading.md.
 */
describe("the URNs of", () => {
  for (const [name, build] of Object.entries(programs)) {
    it(name, async () => {
      const { resources } = await record(build);
      const parentOf = (urn: string) => urn.split("::").pop() ?? "";
      const lines = resources.map(({ type, name, parent }) => `${type} ${name} < ${parentOf(parent)}\n`).sort();
      const file = join(__dirname, "fixtures", `${name.replace(/\W+/g, "-")}.resources`);
      if (process.env.UPDATE_RESOURCES) writeFileSync(file, lines.join(""));
      expect(lines.join("")).to.equal(readFileSync(file, "utf8"));
    });
  }
});
