import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { gzip } from "pako";
import { packageRoot } from "../../contract/packageRoot";

describe("the console's page", () => {
  it("is of at most 60,000 bytes, compressed", () => {
    const files = ["index.html", "console.js", "console.css"].map((name) =>
      join(packageRoot(), "dist", "console", name),
    );
    // Node's zlib counts otherwise where it is the system's, or zlib-ng.
    const bytes = files.map((file) => gzip(readFileSync(file)).length);
    expect(bytes.reduce((sum, size) => sum + size)).to.be.at.most(60_000);
  });
});
