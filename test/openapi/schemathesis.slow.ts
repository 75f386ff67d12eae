import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { packageRoot } from "../../contract/packageRoot";
import { type Journey, startJourney } from "../journeys/support/stack";
import { testSeed } from "../support/seed";

/** Checks that the API doesn't pass, since no schema can say what it does. */
const excluded = [
  // A valid text need not be a cursor that the API gave, nor a time within a year.
  "positive_data_acceptance",
  // A job's id may be "batch" or "retry", so these paths take methods of `/jobs/{id}`, too.
  "allow_header_conformance",
];

describe("the API, as its OpenAPI document describes it", () => {
  let journey: Journey;
  const folder = mkdtempSync(join(tmpdir(), "schemathesis-"));
  before(async () => {
    const payloadSchema = { type: "object", required: ["text"], properties: { text: { type: "string" } } };
    const count = { name: "count", handler: "count", payloadSchema };
    journey = await startJourney([{ name: "echo", handler: "echo" }, count]);
  });
  after(async () => {
    await journey?.stop();
    rmSync(folder, { recursive: true });
  });

  it("gives Schemathesis nothing to find", async () => {
    const tool = pathToFileURL(join(packageRoot(), "tools", "fetch", "schemathesis.mjs")).href;
    const { schemathesis } = (await import(tool)) as { schemathesis: string };
    const limits = ["--max-time", "30", "--max-examples", "40", "--seed", String(testSeed)];
    // Patterns of names leave few texts.
    const checks = [
      "--exclude-checks",
      excluded.join(),
      "--suppress-health-check",
      "filter_too_much",
      "--warnings",
      "off",
    ];
    const { code, text } = await new Promise<{ code: number; text: string }>((resolve) => {
      const args = ["run", `${journey.url}/openapi.json`, "--url", journey.url, "--phases", "coverage,fuzzing"];
      execFile(
        schemathesis,
        [...args, ...limits, ...checks, "--continue-on-failure"],
        { cwd: folder },
        (error, stdout) => resolve({ code: error ? 1 : 0, text: stdout }),
      );
    });
    expect(code, text).to.equal(0);
    expect(text).to.match(/[1-9]\d\d+ generated/);
  });
});
