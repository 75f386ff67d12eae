import assert from "node:assert/strict";
import { test } from "node:test";
import { runHandler } from "batch-job-processor/testing";
import greet from "../jobs/greet";

test("greets by name", async () => {
  const run = await runHandler(greet, { payload: { name: "Ada" } });
  assert.equal(run.outcome, "succeeded");
  assert.deepEqual(run.result, { text: "Hello Ada" });
});

test("takes no empty name", async () => {
  await assert.rejects(runHandler(greet, { payload: { name: "" } }), /The API would refuse this payload/);
});
