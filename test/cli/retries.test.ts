import { expect } from "chai";
import { type CannedAnswer, type CannedApi, problem, type SeenRequest, startCannedApi } from "../client/support";
import { jsonOf, runCli } from "./support";

const failed = { type: "t", state: "failed", attempts: 3, submittedAt: "2026-11-24T00:00:00.000Z" };
const types = ["t", "u"].map((type) => ({ type, timeoutSeconds: 60, maxAttempts: 3 }));

/** The problem of a job that is not retried, by its id; jobs without one are sent back. */
const problems: Record<string, { code: string; status: number; detail: string }> = {
  nobody: { code: "job-not-found", status: 404, detail: "No job has the id nobody" },
  purged: { code: "payload-not-kept", status: 409, detail: "The payload is not kept" },
  busy: { code: "job-not-ended", status: 409, detail: "Job busy is running, not failed" },
  "answer-lost": { code: "job-not-ended", status: 409, detail: "Job answer-lost is queued, not failed" },
  done: { code: "job-succeeded", status: 409, detail: "Job done is succeeded, not failed" },
  held: { code: "unavailable", status: 503, detail: "The dead letter of job held was out of reach" },
};

const answers = ({ method, path, body }: SeenRequest): CannedAnswer => {
  if (path === "/jobs/retry") {
    const outcomes = (body.ids as string[]).map((id) => ({ id, status: problems[id]?.status ?? 202 }));
    return { body: { results: outcomes.map((each) => ({ ...each, problem: problems[each.id] })) } };
  }
  if (method === "POST") return { status: 202, body: { type: "t" } };
  if (path === "/types") return { body: { types } };
  const url = new URL(path, "http://x");
  if (url.pathname !== "/jobs") {
    const id = url.pathname.slice("/jobs/".length);
    if (id === "nobody") return problem(404, "job-not-found", "No job has the id nobody");
    const retried = id === "answer-lost" ? { retries: 1, retriedAt: failed.submittedAt, state: "queued" } : {};
    return { body: { ...failed, id, type: id.startsWith("u") ? "u" : "t", ...retried } };
  }
  const type = url.searchParams.get("type")!;
  const cursor = url.searchParams.get("cursor");
  const ids = cursor ? ["purged", "busy", `${type}-last`] : [`${type}-1`, `${type}-2`];
  return { body: { jobs: ids.map((id) => ({ ...failed, type, id })), ...(!cursor && { cursor: "more" }) } };
};

describe("batch-jobs commands that run jobs again", () => {
  let api: CannedApi | undefined;
  afterEach(async () => {
    await api?.close();
    api = undefined;
  });

  const run = async (args: string[], answer = answers) => {
    await api?.close();
    api = await startCannedApi(answer);
    return runCli([...args, "--url", api.url]);
  };
  const redrive = (...args: string[]) => run(["dead-letters", "redrive", ...args]);
  const retried = () => api!.requests.filter(({ path }) => path === "/jobs/retry").map(({ body }) => body.ids);

  it("has the API retry the named jobs, each once", async () => {
    const { code, stdout } = await redrive("a", "b", "a");
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: "✔ 2 dead letters sent back\n" });
    expect(retried()).to.deep.equal([["a", "b"]]);
    expect(jsonOf(await redrive("a", "--json"))).to.deep.equal({ redriven: 1, missing: [], hidden: 0 });
  });

  it("exits with 3 if some are not found, after all others are retried", async () => {
    const { code, stdout, stderr } = await redrive("a", "nobody", "purged");
    expect({ code, stdout }).to.deep.equal({ code: 3, stdout: "✔ 1 dead letter sent back\n" });
    expect(stderr).to.include("No dead letter of nobody, purged").and.include("--direct");
  });

  it("exits with 1 and the reason if some have not failed or are out of reach, after all others are retried", async () => {
    const refused = await redrive("a", "busy", "b", "done");
    expect(refused).to.include({ code: 1, stdout: "✔ 2 dead letters sent back\n" });
    expect(refused.stderr).to.equal("✖ Job busy is running, not failed\n✖ Job done is succeeded, not failed\n");
    const held = await redrive("held", "--json");
    expect(held.code).to.equal(1);
    expect(jsonOf(held)).to.deep.equal({ redriven: 0, missing: [], hidden: 1 });
    expect(held.stderr).to.include("try again in a minute");
  });

  it("counts a job whose first answer was lost", async () => {
    const { code, stdout } = await redrive("answer-lost", "a");
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: "✔ 2 dead letters sent back\n" });
  });

  it("takes all failed jobs, of one type or of all, page by page, and ignores those that others have retried", async () => {
    expect(await redrive("--all")).to.include({ code: 0, stdout: "✔ 6 dead letters sent back\n" });
    const ofType = (type: string) => [`${type}-1`, `${type}-2`, "purged", "busy", `${type}-last`];
    expect(retried().flat()).to.have.members([...new Set([...ofType("t"), ...ofType("u")])]);
    expect(await redrive("--type", "u")).to.include({ code: 0, stdout: "✔ 3 dead letters sent back\n" });
    expect(retried()).to.deep.equal([ofType("u")]);
    expect((await redrive("--type", "nonsense")).stderr).to.equal('✖ There is no job type "nonsense"\n');
    expect(retried()).to.deep.equal([]);
  });

  it("takes only those of the named jobs that are of the type", async () => {
    const { code, stderr } = await redrive("a", "u-1", "nobody", "--type", "u");
    expect(code).to.equal(3);
    expect(stderr).to.include("No dead letter of a, nobody");
    expect(retried()).to.deep.equal([["u-1"]]);
  });

  it("asks for no more at once than the API takes, nor than the rate allows", async () => {
    const ids = Array.from({ length: 250 }, (_, index) => `j${index}`);
    await redrive(...ids);
    expect(retried().map((each) => (each as string[]).length)).to.deep.equal([100, 100, 50]);
    await redrive("a", "b", "c", "--rate", "2");
    expect(retried()).to.deep.equal([["a", "b"], ["c"]]);
  });

  it("names --direct if the API keeps no records", async () => {
    const refuse = (request: SeenRequest) =>
      request.path === "/types" ? answers(request) : problem(404, "tracking-off", "There is none");
    const { stderr, ...outcome } = await run(["dead-letters", "redrive", "--all"], refuse);
    expect(outcome).to.deep.equal({ code: 1, stdout: "" });
    expect(stderr).to.match(/^✖ There is none\n {2}.*--direct/);
  });

  it("calls SQS instead of the API with --direct", async () => {
    const { stderr } = await redrive("a", "--direct");
    expect(stderr).to.include("which queues type t has");
    expect(retried()).to.deep.equal([]);
  });

  it("has a type's launches retried", async () => {
    const { code, stdout } = await run(["types", "retry", "word-count"]);
    expect(code).to.equal(0);
    expect(stdout).to.match(/^✔ Launches of word-count are tried now; /);
    expect(api!.requests.map(({ method, path }) => `${method} ${path}`)).to.deep.equal([
      "POST /types/word-count/retry-launches",
    ]);
    expect(jsonOf(await run(["types", "retry", "t", "--json"]))).to.deep.equal({ type: "t" });
    const unknown = await run(["types", "retry", "x"], () => problem(404, "type-not-found", "There is no type x"));
    expect(unknown).to.include({ code: 1, stderr: "✖ There is no type x\n  batch-jobs types lists the job types\n" });
    for (const args of [
      ["types", "nonsense"],
      ["types", "retry"],
      ["types", "retry", "a", "b"],
    ]) {
      expect((await runCli(args)).code, args.join(" ")).to.equal(2);
    }
  });
});
