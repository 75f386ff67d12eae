import { expect } from "chai";
import { listOf, refreshed, withMore, withNewest } from "../../console/jobList";
import type { Job } from "../../contract/http/answers";

const job = (number: number, state: Job["state"] = "queued"): Job => ({
  ...{ id: `job-${number}`, type: "a", state, attempts: 0 },
  submittedAt: new Date(number * 1_000).toISOString(),
});
const page = (numbers: number[], cursor?: string) => ({ jobs: numbers.map((number) => job(number)), cursor });
const ids = (pages: readonly (readonly Job[])[]) => pages.flat().map(({ id }) => Number(id.slice(4)));

describe("The list of jobs", () => {
  it("moves no row when jobs come: it counts them", () => {
    const list = refreshed(listOf(page([5, 4, 3], "more")), page([7, 6, 5], "more"));
    expect([ids(list.pages), list.newer]).to.deep.equal([[5, 4, 3], 2]);
    expect(ids(withNewest(list, page([7, 6, 5], "more")).pages)).to.deep.equal([7, 6, 5, 4, 3]);
  });

  it("begins again if jobs between the newest and the shown are missing", () => {
    const list = refreshed(listOf(page([3, 2, 1], "more")), page([9, 8, 7], "more"));
    expect(list.newer).to.equal(3);
    expect(ids(withNewest(list, page([9, 8, 7], "more")).pages)).to.deep.equal([9, 8, 7]);
  });

  it("changes a job in its place, and leaves pages without changes as they are", () => {
    const before = withMore(listOf(page([6, 5], "more")), page([4, 3], undefined));
    const after = refreshed(before, { jobs: [job(6, "running"), job(5)], cursor: "more" });
    expect(after.pages[0]!.map(({ state }) => state)).to.deep.equal(["running", "queued"]);
    expect(after.pages[1]).to.equal(before.pages[1]);
    expect(refreshed(after, { jobs: [job(6, "running"), job(5)], cursor: "more" }).gone).to.equal(after.gone);
  });

  it("says which shown jobs the filters no longer select, but nothing of those beyond the page", () => {
    const list = withMore(listOf(page([6, 5], "more")), page([4, 3], "more"));
    expect([...refreshed(list, page([6, 4], "more")).gone]).to.deep.equal(["job-5"]);
    expect([...refreshed(list, page([6, 5])).gone]).to.deep.equal(["job-4", "job-3"]);
    expect([...refreshed(list, page([], "more")).gone]).to.deep.equal([]);
  });

  it("shows no job twice, though a page begins where new jobs have moved it", () => {
    const list = withMore(listOf(page([6, 5], "more")), page([5, 4], "next"));
    expect([ids(list.pages), list.cursor]).to.deep.equal([[6, 5, 4], "next"]);
  });
});
