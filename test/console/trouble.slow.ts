import { expect } from "chai";
import type { Browser } from "puppeteer-core";
import { startConsole } from "../../cli/consoleProxy/consoleServer";
import { Connection } from "../../client/connection/connection";
import type { Listener } from "../../contract/http/listen";
import { consoleFolder } from "../../contract/packageRoot";
import { jobStates } from "../../contract/records/record";
import { type CannedAnswer, type CannedApi, problem, type SeenRequest, startCannedApi } from "../client/support";
import { openTab, startBrowser, type Tab } from "./support/browser";
import { ownTime, ownTimeOfFrames } from "./support/ownTime";

const types = { types: [{ type: "invoice", timeoutSeconds: 60, maxAttempts: 3 }] };

/** Jobs of a list, newest first. */
const many = 10_000;
const jobAt = (place: number) => {
  const at = new Date(Date.UTC(2_026, 10, 26) - place * 1_000).toISOString();
  return {
    id: `job-${place}`,
    type: "invoice",
    state: jobStates[place % 5]!,
    attempts: 1,
    submittedAt: at,
    startedAt: at,
    finishedAt: at,
  };
};

describe("the console of an API in trouble, or with much to show", () => {
  let browser: Browser;
  let api: CannedApi;
  let connection: Connection;
  let server: Listener;
  let tab: Tab;
  let answer: (request: SeenRequest) => CannedAnswer;
  before(async () => {
    api = await startCannedApi((request) => answer(request));
    connection = new Connection(new URL(api.url), () => Promise.resolve({}), { requestTimeoutSeconds: 1 });
    server = await startConsole({ folder: consoleFolder(), connection, token: "t", readsOnly: undefined, port: 0 });
    browser = await startBrowser();
  });
  beforeEach(async () => {
    answer = fine;
    tab = await openTab(browser, `${server.address}/console/#token=t`);
    await tab.shows("invoice");
  });
  afterEach(async () => {
    expect(tab.wrongs).to.deep.equal([]);
    await tab.page.close();
  });
  after(async () => {
    await browser?.close();
    await server?.close();
    await api?.close();
  });

  function fine({ path }: SeenRequest): CannedAnswer {
    if (path.startsWith("/types")) return { body: types };
    const query = new URL(path, api.url).searchParams;
    const [from, limit] = [Number(query.get("cursor") ?? 0), Number(query.get("limit"))];
    const jobs = Array.from({ length: Math.min(limit, many - from) }, (_, index) => jobAt(from + index));
    const end = from + jobs.length;
    return { body: { jobs, ...(end < many && { cursor: String(end) }) } };
  }

  const troubles: [string, CannedAnswer, string][] = [
    ["is down", "cut", "The API can't answer now (502): Could not reach"],
    ["is slow", "hang", "no answer within 1 s"],
    [
      "refuses the caller",
      { status: 403, body: { message: "Forbidden" } },
      "refused the request's authorization (403: Forbidden)",
    ],
    ["has a problem", problem(400, "invalid-request", "Expected another request"), "Expected another request"],
    ["fails", { status: 503, body: "<html>" }, "The API can't answer now (503): The API failed"],
    ["answers no JSON", { body: "<b>hello</b>" }, "got status 200 (application/json of 12 bytes, which is no JSON)"],
    ["answers other JSON", { body: { types: 7 } }, "Expected Types from the API"],
    ["answers null", { body: "null" }, "Expected Types from the API"],
  ];
  for (const [what, given, words] of troubles) {
    it(`says in words that the API ${what}, is never blank, and goes on once it is well`, async () => {
      answer = () => given;
      await tab.shows(words);
      await tab.page.reload();
      await tab.shows(words);
      for (const place of ["#/jobs", "#/jobs/a", "#/types/invoice"]) {
        await tab.go(place);
        await tab.page.waitForFunction("document.querySelector('main').innerText.trim() !== ''");
      }
      answer = fine;
      await tab.go("#/");
      await tab.shows("invoice");
    });
  }

  it("says that an answer can't be shown, and shows the next one when asked to", async () => {
    answer = () => ({ body: { types: [null] } });
    await tab.shows("The API answered something that this page can't show");
    answer = fine;
    await tab.click("button", "Try again");
    await tab.shows("invoice");
  });

  it("only reads where the command line's proxy does, and says why", async () => {
    const reason = "This console only reads: it runs with --read-only";
    const at = jobAt(0).submittedAt;
    const counts = { matched: 5, done: 1, skipped: 0, failed: 0 };
    const bodies: Record<string, object> = {
      "/jobs/a": { ...jobAt(3), id: "a", payload: 1 },
      "/types/invoice": { ...types.types[0], launchProblem: "no capacity" },
      "/types/invoice/history": { type: "invoice", counts: [] },
      "/failures": {
        failures: [{ type: "invoice", errorKey: "No", count: 2, firstAt: at, lastAt: at, example: jobAt(1) }],
      },
      "/actions/b": { id: "b", action: "retry", state: "running", startedAt: at, counts, filter: { type: "invoice" } },
    };
    answer = (request) => {
      const body = bodies[new URL(request.path, api.url).pathname];
      return body ? { body } : fine(request);
    };
    const reading = await startConsole({ folder: consoleFolder(), connection, token: "t", readsOnly: reason, port: 0 });
    await tab.page.goto(`${reading.address}/console/#token=t`);
    await tab.shows(reason);
    const acts: Record<string, string[]> = {
      "#/jobs?type=invoice": ["Retry", "Replay", "Cancel"],
      "#/jobs/a": ["Retry", "Replay", "Remove data"],
      "#/types/invoice": ["Retry launches", "Submit 1 job"],
      "#/failures": ["Retry all", "Replay all"],
      "#/actions/b": ["Stop"],
    };
    for (const [place, names] of Object.entries(acts)) {
      await tab.go(place);
      await tab.shows(names[0]!);
      const disabled = `[...document.querySelectorAll("main button[title]:disabled")].map(({ title, innerText }) => [innerText, title])`;
      const wanted = names.map((name) => [name, reason]);
      expect(await tab.page.evaluate(disabled), place).to.deep.equal(wanted);
    }
    await reading.close();
  });

  it("paints before the API answers, and asks for all of the overview at once, in little time of its own", async () => {
    const { page } = tab;
    const paints = "performance.getEntriesByName('first-contentful-paint').length";
    answer = () => "hang";
    api.requests.length = 0;
    await page.reload();
    await tab.shows("Asking the API");
    await page.waitForFunction(paints);
    const loaded = "performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname)";
    const files = ((await page.evaluate(loaded)) as string[]).filter((path) => path.startsWith("/console/"));
    expect(files.sort()).to.deep.equal(["/console/console.css", "/console/console.js"]);
    await page.waitForFunction("document.body.innerText.includes('no answer within 1 s')");
    const asked = new Set(api.requests.map(({ path }) => path));
    expect([...asked].sort()).to.deep.equal(["/jobs?state=failed&limit=5", "/types"]);
    answer = fine;
    const milliseconds = await ownTime(page, async () => {
      await page.reload();
      await tab.shows("invoice");
      await page.waitForSelector("[role=row].job");
    });
    console.log(`      until all of the overview is there, the page takes ${milliseconds.toFixed(0)} ms of its own`);
    expect(milliseconds).to.be.below(300);
  });

  it(`scrolls through ${many.toLocaleString("en")} jobs without a frame that takes the page over 50 ms`, async () => {
    const { page } = tab;
    await tab.go("#/jobs");
    await page.waitForSelector("[role=row].job");
    const twoFrames = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))";
    const shown = `Number(document.querySelector(".end").innerText.replace(",", "").split(" ")[0])`;
    const loading = await ownTimeOfFrames(page, async () => {
      while ((await page.evaluate(shown)) !== many) {
        await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)");
        await page.evaluate(twoFrames);
      }
    });
    const scrolling = await ownTimeOfFrames(page, async () => {
      for (let step = 1; step <= 100; step++) {
        await page.evaluate(`scrollTo(0, document.documentElement.scrollHeight * ${1 - step / 100})`);
        await page.evaluate(twoFrames);
      }
    });
    for (const [what, frames] of Object.entries({ loading, scrolling })) {
      const [longest, length] = [Math.max(...frames), frames.length];
      console.log(`      ${what}: ${length} frames, of which the longest took the page ${longest.toFixed(1)} ms`);
      expect(length).to.be.at.least(100);
      expect(longest, `${what}, milliseconds of the page's own in a frame`).to.be.below(50);
    }
    await page.waitForSelector("[role=row] a[href='#/jobs/job-0']");
    expect(await page.evaluate("document.querySelectorAll('[role=row].job').length")).to.be.below(100);
  });

  it("loads no further page by itself while that fails, and loads it once it is asked to", async () => {
    await tab.go("#/jobs");
    await tab.page.waitForSelector("[role=row].job");
    answer = (request) => (request.path.includes("cursor") ? problem(503, "unavailable", "Not now") : fine(request));
    const cursors = () => api.requests.filter(({ path }) => path.includes("cursor")).length;
    await tab.page.evaluate("scrollTo(0, document.documentElement.scrollHeight)");
    await tab.shows("Not now");
    const asked = cursors();
    await tab.page.evaluate("new Promise((done) => setTimeout(done, 500))");
    expect(cursors() - asked).to.be.at.most(1);
    answer = fine;
    await tab.click("button", "Load more");
    await tab.page.waitForFunction("!document.querySelector('.end').innerText.startsWith('25 ')");
  });
});
