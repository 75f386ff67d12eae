import { expect } from "chai";
import type { Action, FailureGroup } from "../../client/index";
import { type CannedAnswer, type CannedApi, problem, type SeenRequest, startCannedApi } from "../client/support";
import { jsonOf, runCli } from "./support";

const startedAt = "2026-11-24T00:00:00.000Z";
const id = "a".repeat(43);
const action: Action = {
  ...{ id, action: "retry", filter: { type: "invoice", state: "failed" }, state: "running", startedAt },
  ...{ counts: { matched: 0, done: 0, skipped: 0, failed: 0 }, by: "123456789012:role/support" },
};
const finishedAt = startedAt;
const matched = 3_000;
const terminal = { columns: 80, env: { NO_COLOR: "1" } };

/** An API whose actions end at the second look: three thousand jobs are counted, and acted on but for some. */
function answers(left: Partial<Action["counts"]> = {}, more: Partial<Action> = {}) {
  let present = action;
  return ({ method, path, body }: SeenRequest): CannedAnswer => {
    if (method === "POST") {
      present = { ...action, ...body };
      return { status: 202, body: present };
    }
    if (method === "DELETE") return { status: 202, body: { ...present, state: "stopped", finishedAt } };
    if (path === "/actions") return { body: { actions: [present, { ...present, dryRun: true, filter: undefined }] } };
    const counts = { matched, done: present.dryRun ? 0 : matched, skipped: 0, failed: 0, ...(!present.dryRun && left) };
    return { body: { ...present, state: "done", counts, finishedAt, ...(!present.dryRun && more) } };
  };
}

describe("batch-jobs commands that act on many jobs", () => {
  let api: CannedApi | undefined;
  afterEach(async () => {
    await api?.close();
    api = undefined;
  });

  const run = async (
    args: string[],
    answer: (request: SeenRequest) => CannedAnswer = answers(),
    more?: Parameters<typeof runCli>[1],
  ) => {
    await api?.close();
    api = await startCannedApi(answer);
    return runCli([...args, "--url", api.url], more);
  };
  const begun = () => api!.requests.filter(({ method }) => method === "POST").map(({ body }) => body);
  const filtered = ["--type", "invoice", "--tenant", "acme", "--label", "campaign=spring", "--error", "TypeError"];

  it("count the jobs of a filter, and act on those that were counted", async () => {
    for (const verb of ["retry", "replay", "cancel"]) {
      const { code, stdout } = await run([verb, ...filtered, "--since", "2026-11-20", "--rate", "5", "--yes"]);
      expect(code).to.equal(0);
      expect(stdout).to.match(/^done +3,000 jobs$/m);
      const from = "2026-11-20T00:00:00.000Z";
      const filter = { type: "invoice", tenant: "acme", label: "campaign:spring", from, errorName: "TypeError" };
      expect(begun()).to.deep.equal([
        { action: verb, filter, dryRun: true },
        { action: verb, filter: { ...filter, to: startedAt }, ratePerSecond: 5 },
      ]);
    }
  });

  it("take an error's kind as failures shows it, a state, and a reason", async () => {
    await run([
      "retry",
      "--type",
      "t",
      "--error",
      "Error: row # is bad",
      "--state",
      "cancelled",
      "-y",
      "--reason",
      "r",
    ]);
    expect(begun()[1]).to.deep.equal({
      ...{ action: "retry", reason: "r" },
      filter: { type: "t", state: "cancelled", errorKey: "Error: row # is bad", to: startedAt },
    });
  });

  it("ask on a terminal with count and filter, and do nothing unless the answer is yes", async () => {
    for (const [input, number] of [
      ["y\n", 2],
      ["n\n", 1],
      ["", 1],
    ] as const) {
      const { code, stderr } = await run(["retry", ...filtered], answers(), { input, isTerminal: true });
      expect(code, input).to.equal(number === 2 ? 0 : 1);
      expect(stderr).to.include(
        "Do you want to retry 3,000 jobs of type invoice, tenant acme, label campaign:spring, error TypeError? [y/N]",
      );
      if (number === 1) expect(stderr).to.include("✖ Nothing was done");
      expect(begun()).to.have.length(number);
    }
  });

  it("need --yes without a terminal, and send nothing otherwise", async () => {
    const { code, stderr } = await run(["cancel", "--type", "invoice"]);
    expect(code).to.equal(2);
    expect(stderr).to.equal(
      "✖ Expected --yes to cancel the jobs of a filter, since standard input is no terminal to ask at\n" +
        "  --dry-run counts them\n",
    );
    expect(api!.requests).to.deep.equal([]);
  });

  it("only count with --dry-run, and where no job fits", async () => {
    const counted = await run(["retry", "--type", "invoice", "--dry-run", "--json"]);
    expect(jsonOf(counted)).to.deep.include({ dryRun: true, state: "done" });
    expect(begun()).to.have.length(1);
    const none = { counts: { matched: 0, done: 0, skipped: 0, failed: 0 }, state: "done", finishedAt };
    const { code, stdout } = await run(["retry", "--type", "invoice", "--yes"], ({ body }) => ({
      body: { ...action, ...body, ...none },
    }));
    expect(code).to.equal(0);
    expect(stdout).to.match(/^found +0 jobs$/m);
    expect(begun()).to.have.length(1);
  });

  it("show in 80 columns what became of the jobs, and exit with 1 if some could not be acted on", async () => {
    const problems = [
      { id: "job-".padEnd(80, "x"), code: "payload-not-kept" as const },
      { id: "b", code: "unavailable" as const },
    ];
    const { code, stdout } = await run(
      ["retry", ...filtered, "--error", "E: ".padEnd(200, "x"), "--reason", "r".repeat(300), "-y"],
      answers({ done: 2_997, skipped: 2, failed: 1 }, { problems }),
      terminal,
    );
    expect(code).to.equal(1);
    for (const line of stdout.split("\n")) expect(line.length, line).to.be.at.most(80);
    expect(stdout)
      .to.match(/^skipped +2 jobs$/m)
      .and.match(/^failed +1 job$/m)
      .and.match(/^job-x+… +payload-not-kept$/m);
    const stopped = await run(["retry", "--type", "t", "-y"], answers({}, { state: "stopped" }));
    expect(stopped.code).to.equal(1);
  });

  it("take ids or a filter, which has a type", async () => {
    for (const [args, text] of [
      [["retry"], "Expected ids, or a filter with --type, got neither"],
      [["cancel", "--tenant", "acme"], "Expected ids, or a filter with --type, got --tenant"],
      [["retry", "a", "--type", "t", "--dry-run"], "Expected ids or a filter, got ids and --type, --dry-run"],
      [["replay", "a", "--rate", "1"], "Expected ids or a filter, got ids and --rate"],
      [
        ["replay", "--type", "t", "--payload", "1"],
        "Expected --payload and --id with a job's id, got them without one",
      ],
      [["retry", "--type", "t", "--delay", "1"], "Expected --delay with ids, got it with a filter"],
    ] as const) {
      const { code, stderr } = await run([...args]);
      expect({ code, stderr }, args.join(" ")).to.deep.equal({ code: 2, stderr: `✖ ${text}\n` });
      expect(api!.requests).to.deep.equal([]);
    }
  });

  it("say on Ctrl-C that the action goes on, and how to stop it", async () => {
    const going = ({ method, body }: SeenRequest): CannedAnswer => {
      if (method === "GET") process.emit("SIGINT");
      return { body: { ...action, ...body } };
    };
    const { code, stderr } = await run(["actions", "follow", id], going);
    expect(code).to.equal(130);
    expect(stderr).to.equal(
      `✖ Stopped waiting; the action goes on\n  Stop it with: batch-jobs actions stop ${id}; go on waiting with: batch-jobs actions follow ${id}\n`,
    );
    const counting = await run(["retry", "--type", "t", "-y"], going);
    expect(counting).to.include({ code: 130, stderr: "✖ Stopped counting; nothing was done\n" });
  });

  it("list, show, follow and stop actions", async () => {
    for (const args of [["actions"], ["actions", "list"]]) {
      const { stdout } = await run(args, answers(), terminal);
      const [head, first, second] = stdout.split("\n");
      expect(head).to.match(/^ID {43}ACTION +STATE +JOBS/);
      expect(first).to.match(/^a{43} {2}retry +running +0/);
      expect(second).to.match(/^a{43} {2}count/);
      for (const line of stdout.split("\n")) expect(line.length, line).to.be.at.most(80);
    }
    expect(jsonOf(await run(["actions", "--json"]))).to.have.property("actions");
    expect((await run(["actions", "show", id])).stdout).to.match(/^state +done$/m);
    const stopped = await run(["actions", "stop", id]);
    expect(stopped.code).to.equal(0);
    expect(stopped.stdout).to.match(/^state +stopped$/m);
    expect((await run(["actions", "follow", id])).code).to.equal(0);
    const unknown = await run(["actions", "show", "x"], () => problem(404, "action-not-found", "No action x"));
    expect(unknown).to.include({ code: 1, stderr: "✖ No action x\n" });
  });

  it("group failures, with what --error takes", async () => {
    const example = { id: "e", type: "t", state: "failed" as const, attempts: 3, submittedAt: startedAt };
    const errorKey = "TypeError: no text";
    const group: FailureGroup = { type: "t", errorKey, count: 12, firstAt: startedAt, lastAt: startedAt, example };
    const { stdout } = await run(["failures", "--type", "t"], () => ({ body: { failures: [group] } }));
    expect(stdout.split("\n")[1]).to.match(/^ {2}12 {2}t +2026-11-24T00:00:00.000Z {2}e +TypeError: no text$/);
    expect(api!.requests[0]!.path).to.equal("/failures?type=t");
    expect((await run(["failures"], () => ({ body: { failures: [] } }))).stdout).to.equal("No failed jobs\n");
  });
});
