import assert from "node:assert/strict";
import { test } from "node:test";
import { runHandler } from "batch-job-processor/testing";

test("greets by name", async () => {
  const run = await runHandler("./jobs/greet.ts", { payload: { name: "Ada" } });
  assert.equal(run.outcome, "succeeded");
  assert.deepEqual(run.result, { text: "Hello Ada" });
});

test("fails for good without a name, since no other attempt would go better", async () => {
  const run = await runHandler("./jobs/greet.ts", { payload: { name: "" } });
  assert.equal(run.outcome, "failed");
  assert.equal(run.isPermanent, true);
});
