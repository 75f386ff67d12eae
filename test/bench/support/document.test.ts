import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { writeInto } from "../../../bench/support/document";
import { markdownTable } from "../../../bench/support/table";

describe("a benchmark's text in a document", () => {
  let folder: string;
  const file = () => join(folder, "some.md");

  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "document-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("takes the place of the one before, between its own marks", async () => {
    writeFileSync(file(), "# Some\n\n<!-- begin: bench -->\n\nold\n\n<!-- end -->\n\nAfter.\n");
    await writeInto(file(), "bench", markdownTable(["", "jobs"], [["ours", "1"]]));
    const table = "|      | jobs |\n| ---- | ---: |\n| ours |    1 |";
    const text = `# Some\n\n<!-- begin: bench -->\n\n${table}\n\n<!-- end -->\n\nAfter.\n`;
    expect(readFileSync(file(), "utf8")).to.equal(text);
  });

  it("is refused where one of its marks is gone", async () => {
    writeFileSync(file(), "<!-- begin: bench -->\n");
    const problem = await writeInto(file(), "bench", "").catch((error: Error) => error.message);
    expect(problem).to.include("Expected <!-- begin: bench --> and <!-- end --> in");
  });
});
