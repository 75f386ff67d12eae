import { expect } from "chai";
import { spawnCli } from "../../cli/support";
import { type LocalProject, startProject } from "../support/localProject";

const program = (...types: string[]) => `
const { BatchJobProcessor } = require("batch-job-processor");
const jobs = new BatchJobProcessor("jobs", { processors: [${types.join(", ")}] });
exports.url = jobs.url;
`;
const echo = `{ name: "echo", async handle(job) { return job.payload; } }`;
const fails = `{ name: "fails", maxAttempts: 1, async handle() { throw new Error("always"); } }`;
const waits = `{ name: "waits", slots: 1, maxInstances: 1, async handle(job) {
  const { existsSync } = require("node:fs");
  while (!existsSync(job.payload.until)) await new Promise((resolve) => setTimeout(resolve, 50));
} }`;
const other = `{ name: "other", handler: "word-count" }`;

describe("batch-jobs local --data", () => {
  let project: LocalProject;
  const start = async (...types: string[]) => {
    project = await startProject(["--data", "kept"], { "index.js": program(...types) }, project?.folder);
  };
  after(() => project?.stop());

  it("keeps records, results, dead letters and jobs that wait, between runs", async () => {
    await start(echo, fails, waits, other);
    const { client, folder } = project;
    const done = await client.submit("echo", { text: "kept" });
    const failed = await client.submit("fails", {});
    await Promise.all([client.wait(done), client.wait(failed)]);
    const until = `${folder}/until`;
    // The latter goes on at once in the next run; the former is hidden for as long as its worker had asked.
    const [, waiting] = [await client.submit("waits", { until }), await client.submit("waits", { until })];
    const late = await client.submit("echo", 1, { runAt: new Date(Date.now() + 3_600_000).toISOString() });

    const second = await spawnCli(["local", "--data", "kept"], { cwd: folder });
    expect(second.code).to.equal(1);
    expect(second.stderr).to.match(/Expected a folder of data of watched\/dev, got .*kept: another run uses it/);

    await project.end("SIGINT");
    await start(echo, fails, waits);
    expect(await project.line(/^data: /)).to.match(/Resumed 3 messages, 1 schedule from .*kept$/);
    project.write("until", "");
    expect(await project.client.get(done)).to.deep.include({ state: "succeeded", result: { text: "kept" } });
    expect(await project.client.get(late)).to.include({ state: "queued" });
    expect((await project.client.types()).map(({ type }) => type)).to.have.members(["echo", "fails", "waits"]);
    const letters = await spawnCli(["dead-letters", "list", "--type", "fails", "--json"], { cwd: folder });
    expect(letters.stdout, letters.stderr).to.include(failed.id);
    expect(await project.client.wait(waiting)).to.include({ state: "succeeded" });
    await project.client.cancel(late);
  });
});
