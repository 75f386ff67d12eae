import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { JobClient } from "../../client/JobClient";
import { problems } from "../../contract/http/problem";
import { packageRoot } from "../../contract/packageRoot";

const read = (file: string) => readFileSync(join(packageRoot(), file), "utf8");

/** Contents of the first two columns of a document's tables. */
function rowsOf(file: string): string[][] {
  return [...read(file).matchAll(/^\| +(.*?) +\| +(.*?) +\|/gm)].map(([, ...columns]) => columns);
}

describe("the documents name", () => {
  it("every problem code of the API with its status, and no other", () => {
    const named = rowsOf("docs/api.md").filter(([status]) => /^[45]\d\d$/.test(status!));
    const known = Object.entries(problems).map(([code, { status }]) => [`${status}`, `\`${code}\``]);
    expect(named).to.have.deep.members(known);
  });

  it("every call of the client, and no other", () => {
    const calls = read("docs/client.md").split("\n## Dead letters")[0]!;
    const named = [...calls.matchAll(/^\| (.*?) +\|/gm)].flatMap(([, cell]) =>
      [...cell!.matchAll(/`(\w+)\(/g)].map(([, name]) => name),
    );
    const known = Object.getOwnPropertyNames(JobClient.prototype).filter((name) => name !== "constructor");
    expect(named).to.have.members(known);
  });
});
