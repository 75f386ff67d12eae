import { expect } from "chai";
import type { Browser } from "puppeteer-core";
import { startConsole } from "../../cli/consoleProxy/consoleServer";
import { Connection } from "../../client/connection/connection";
import type { Listener } from "../../contract/http/listen";
import { consoleFolder } from "../../contract/packageRoot";
import { type CannedAnswer, type CannedApi, problem, type SeenRequest, startCannedApi } from "../client/support";
import { until } from "../support/until";
import { openTab, startBrowser, type Tab } from "./support/browser";

const at = new Date(Date.now() - 60_000).toISOString();
const ids = { failed: "job-1", running: "job-2" };
const job = (id: string) => ({
  ...{ id, type: "invoice", attempts: 1, submittedAt: at, startedAt: at, payload: { amount: 1 } },
  ...(id === ids.running ? { state: "running" } : { state: "failed", finishedAt: at }),
});
const counts = { matched: 1, done: 0, skipped: 0, failed: 0 };
const action = { id: "action-1", action: "retry", startedAt: at, filter: { type: "invoice" }, counts };
const log = { lines: [], cursor: "a" };

describe("the console under a person's hands", () => {
  let browser: Browser;
  let api: CannedApi;
  let server: Listener;
  let tab: Tab;
  let answer: (request: SeenRequest) => CannedAnswer;
  /** Acts reach the API once this is done. */
  let gate: Promise<unknown>;
  before(async () => {
    api = await startCannedApi((request) => answer(request));
    const connection = new Connection(new URL(api.url), () => Promise.resolve({}), { maxAttempts: 1 });
    const exchange: Connection["exchange"] = async (request, body) => {
      if (request.method !== "GET") await gate;
      return connection.exchange(request, body);
    };
    server = await startConsole({
      ...{ folder: consoleFolder(), connection: { exchange }, token: "t", readsOnly: undefined, port: 0 },
    });
    browser = await startBrowser();
  });
  beforeEach(async () => {
    answer = fine;
    gate = Promise.resolve();
    api.requests.length = 0;
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

  function fine({ method, path, body }: SeenRequest): CannedAnswer {
    const [place = ""] = path.slice(1).split("?");
    const [what, id, part] = place.split("/");
    if (method === "POST" && what === "actions") {
      return { status: 202, body: { ...action, ...body, state: body.dryRun ? "done" : "running" } };
    }
    if (method === "POST") return { status: 202, body: { ...job("made"), state: "queued" } };
    if (part === "logs") return { body: log };
    if (part === "history") return { body: { type: id, counts: [] } };
    if (what === "jobs" && id) return { body: job(id) };
    if (what === "jobs") return { body: { jobs: [job(ids.failed)] } };
    if (what === "types" && id) return { body: { type: id, timeoutSeconds: 60, maxAttempts: 3 } };
    if (what === "types") return { body: { types: [{ type: "invoice", timeoutSeconds: 60, maxAttempts: 3 }] } };
    if (what === "failures") {
      const group = { type: "invoice", errorKey: "No", count: 1, firstAt: at, lastAt: at, example: job(ids.failed) };
      return { body: { failures: [group] } };
    }
    return id ? { body: { ...action, state: "done" } } : { body: { actions: [action] } };
  }

  const acts = () => api.requests.filter(({ method, body }) => method !== "GET" && !body.dryRun);
  const keysOf = (requests: SeenRequest[]) => requests.map(({ headers }) => headers["idempotency-key"]);
  const focused = () => tab.page.evaluate("document.activeElement.innerText");
  const isGone = (selector: string) => tab.page.waitForSelector(selector, { hidden: true });

  const repeated: [what: string, place: string, steps: string[]][] = [
    ["retry", `#/jobs/${ids.failed}`, ["Retry", "Retry 1 job"]],
    ["replay with another payload", `#/jobs/${ids.failed}`, ["Replay", "Replay 1 job"]],
    ["replay of many jobs", "#/failures", ["Replay all", "Replay 1 job"]],
    ["submission", "#/types/invoice", ["Submit 1 job"]],
  ];
  for (const [what, place, steps] of repeated) {
    it(`does one ${what} though its answer is lost and it is asked for again`, async () => {
      let isLost = true;
      answer = (request) => (request.method === "GET" || request.body.dryRun || !isLost ? fine(request) : "cut");
      await tab.go(place);
      for (const step of steps.slice(0, -1)) await tab.click("button", step);
      if (place.startsWith("#/jobs/") && what.startsWith("replay"))
        await tab.page.locator("dialog[open] textarea").fill("[2]");
      await tab.click("button", steps.at(-1)!);
      await tab.shows("Could not reach");
      isLost = false;
      await tab.click("button", steps.at(-1)!);
      await until(() => Promise.resolve(acts().length === 2));
      await tab.page.waitForFunction("document.querySelector('.outcome').innerText !== ''");
      const [first, second] = keysOf(acts());
      expect([typeof first, second]).to.deep.equal(["string", first]);
      expect(acts()[0]!.text).to.equal(acts()[1]!.text);
    });
  }

  it("says why a job waits whose worker was lost, though it reads as running", async () => {
    const waiting = {
      reason: "no-workers",
      detail: "No instance can be launched: no such image.",
      since: at,
      asOf: at,
    };
    answer = (request) => {
      const isOne = request.path.startsWith(`/jobs/${ids.running}`) && !request.path.includes("/logs");
      if (isOne) return { body: { ...job(ids.running), waiting } };
      return request.path.startsWith("/jobs?") ? { body: { jobs: [{ ...job(ids.running), waiting }] } } : fine(request);
    };
    await tab.go("#/jobs");
    await tab.shows(waiting.detail);
    await tab.go(`#/jobs/${ids.running}`);
    await tab.shows("It waits: no-workers");
    await tab.shows(waiting.detail);
  });

  it("submits another job when asked to after the first was accepted, and one for a double click", async () => {
    await tab.go("#/types/invoice");
    const button = "form.submit .primary:enabled";
    const second = 'new MouseEvent("click", { detail: 2, bubbles: true, cancelable: true })';
    for (const wanted of [1, 2]) {
      await tab.page.locator(button).click();
      await until(() => Promise.resolve(acts().length === wanted));
      await tab.page.waitForSelector(button);
      // As if it came after the answer.
      await tab.page.evaluate(`document.querySelector("${button}").dispatchEvent(${second})`);
    }
    await tab.page.evaluate("new Promise((done) => setTimeout(done, 200))");
    expect(acts()).to.have.length(2);
    expect(new Set(keysOf(acts())).size).to.equal(2);
  });

  it("says how an act ended whose dialog was left, and stays where the person is", async () => {
    for (const isRefused of [false, true]) {
      let open: () => void = () => undefined;
      gate = new Promise<void>((resolve) => (open = resolve));
      answer = (request) =>
        request.method !== "GET" && isRefused ? problem(409, "conflict", "It is too late") : fine(request);
      await tab.go(`#/jobs/${ids.failed}`);
      await tab.click("button", "Replay");
      await tab.click("button", "Replay 1 job");
      await tab.page.keyboard.press("Escape");
      await isGone("dialog");
      await tab.go("#/types/invoice");
      await tab.shows("Submit a job");
      open();
      await tab.shows(isRefused ? "Replay 1 job? It is too late" : "Submitted made");
      expect(await tab.hash()).to.equal("#/types/invoice");
    }
  });

  it("leaves open a dialog that was opened while another act was at work", async () => {
    let open: () => void = () => undefined;
    gate = new Promise<void>((resolve) => (open = resolve));
    await tab.go(`#/jobs/${ids.failed}`);
    await tab.click("button", "Replay");
    await tab.click("button", "Replay 1 job");
    await tab.click("button", "Leave it");
    await isGone("dialog");
    await tab.click("button", "Retry");
    await tab.page.waitForSelector("dialog[open]");
    open();
    await tab.shows("Submitted made");
    await tab.shows("Retry 1 job?");
  });

  it("gives the focus back to the button after a dialog, however that ends", async () => {
    await tab.go(`#/jobs/${ids.failed}`);
    for (const last of ["Leave it", "Remove data of 1 job"]) {
      await tab.click("button", "Remove data");
      await tab.click("button", last);
      await isGone("dialog");
      expect(await focused(), last).to.equal("Remove data");
    }
  });

  it("holds still what counts seconds, too", async () => {
    await tab.go(`#/jobs/${ids.running}`);
    await tab.page.waitForSelector(".lead");
    await tab.click("button", "Hold still");
    const lead = () => tab.page.evaluate("document.querySelector('.lead').innerText");
    const held = await lead();
    await tab.page.evaluate("new Promise((done) => setTimeout(done, 2_100))");
    expect(await lead()).to.equal(held);
    await tab.click("button", "Go on");
    await until(async () => (await lead()) !== held);
  });

  it("says once, under its name, that a thing is not there, which is no trouble of the API", async () => {
    const words = "Expected the id of a job whose record is there";
    answer = (request) => (request.path.startsWith("/jobs/gone") ? problem(404, "x", words) : fine(request));
    await tab.go("#/jobs/gone");
    await tab.shows(words);
    const text = (await tab.page.evaluate("document.body.innerText")) as string;
    expect(text.split(words)).to.have.length(2);
    expect(await tab.page.evaluate("document.querySelector('h1').innerText")).to.equal("gone");
    expect(text).to.include("Live").and.not.include("Trouble");
  });

  it("tells no past as a time to come, though the machine's clock is behind the server's", async () => {
    const ahead = new Date(Date.now() + 300_000).toISOString();
    answer = (request) =>
      /^\/jobs\/\w/.test(request.path) ? { body: { ...job(ids.failed), finishedAt: ahead } } : fine(request);
    await tab.go(`#/jobs/${ids.failed}`);
    await tab.shows("1 s ago");
  });

  it("shows a filter's value that is none of its choices", async () => {
    for (const place of ["#/failures?type=removed", "#/jobs?type=removed"]) {
      await tab.go(place);
      await tab.page.waitForFunction("document.querySelector('select')?.value === 'removed'");
    }
  });

  it("shows hostile texts as texts wherever an API may have them, and follows no link that is a script", async () => {
    const evil = `<img src=x onerror="wrong('it ran')"><script>wrong("it ran")</script>`;
    const link = "javascript:wrong('it ran')";
    const value = { url: link, bytes: 1, sha256: evil, expiresAt: at };
    const bad = { name: evil, message: evil, code: evil, frames: [evil] };
    const hostile = {
      ...{
        ...job(ids.failed),
        payload: undefined,
        id: evil,
        type: evil,
        tenant: evil,
        labels: { a: evil },
        submittedBy: evil,
        cancelledBy: evil,
      },
      ...{ payloadRef: value, resultRef: value, error: bad, progress: { fraction: 0.5, note: evil }, replayOf: evil },
      ...{ cancelRequestedAt: at, unreadable: [evil] },
    };
    const schedules = [{ name: evil, type: evil, expression: evil, timeZone: evil, next: [evil] }];
    const type = { type: evil, description: evil, timeoutSeconds: 60, maxAttempts: 3, launchProblem: evil, schedules };
    const form = { type: "object", properties: { [evil]: { enum: [evil], title: evil, description: evil } } };
    const counted = {
      ...action,
      id: evil,
      by: evil,
      reason: evil,
      state: "done",
      problems: [{ id: evil, code: evil }],
    };
    const line = { at, source: evil, level: evil, event: evil, message: evil, stream: evil, fields: { [evil]: evil } };
    const group = { type: evil, errorKey: evil, count: 1, firstAt: evil, lastAt: evil, example: hostile };
    const sums = { jobs: 1, seconds: 1, type: evil };
    const bodies: [RegExp, object][] = [
      [/logs/, { lines: [line] }],
      [/history/, { type: evil, counts: [] }],
      [/^.jobs.x/, hostile],
      [/^.jobs/, { jobs: [hostile] }],
      [/^.types.x/, { ...type, payloadSchema: form, machineImage: { id: evil } }],
      [/^.types/, { types: [type] }],
      [/^.failures/, { failures: [group] }],
      [/^.actions.x/, { ...counted, filter: { type: evil, tenant: evil, label: evil, errorKey: evil } }],
      [/^.actions/, { actions: [counted] }],
      [/^.schedules/, { schedules }],
      [/^.usage/, { by: "type", from: evil, to: evil, rows: [sums], total: sums }],
    ];
    answer = ({ path }) => ({ body: bodies.find(([pattern]) => pattern.test(path))![1] });
    const places = ["#/", "#/jobs", "#/jobs/x", "#/types/x", "#/failures", "#/actions", "#/actions/x", "#/schedules"];
    for (const place of [...places, "#/usage", `#/jobs?tenant=${encodeURIComponent(evil)}`]) {
      await tab.go(place);
      await tab.page.waitForFunction(`document.querySelector("main").innerText.includes("<script>")`);
      const found = await tab.page.evaluate("document.querySelectorAll('main :is(img, script, iframe)').length");
      expect(found, place).to.equal(0);
    }
    expect(tab.wrongs).to.deep.equal([]);
    await tab.go("#/jobs/x");
    await tab.click("link", "Download the payload");
    await until(() => Promise.resolve(tab.wrongs.length > 0));
    expect(tab.wrongs.splice(0), "the policy's refusal, and nothing else").to.deep.equal(["script-src-elem inline"]);
  });

  it("follows a log to its end unless the person reads above, and keeps no more than 2,000 lines", async () => {
    let from = 0;
    answer = (request) => {
      if (!request.path.includes("/logs")) return fine(request);
      const lines = Array.from({ length: from < 2_000 ? 900 : 1 }, () => {
        const message = `line ${++from}.`;
        return {
          at,
          source: "i-1",
          level: "info",
          event: "job-log",
          attempt: 1,
          message,
          fields: { labels: { a: "b" } },
        };
      });
      return { body: { lines, cursor: String(from) } };
    };
    // Pages of the local run read a log more often.
    await tab.page.evaluate("sessionStorage.clear()");
    server.server.prependListener("request", (message) => (message.headers["x-console-token"] = "t"));
    await tab.page.goto(`${server.address}/console/?local#/jobs/${ids.running}`);
    await tab.shows("line 2700.");
    const log = "document.querySelector('.logs')";
    const isAtEnd = `${log}.scrollTop + ${log}.clientHeight > ${log}.scrollHeight - 8`;
    expect(await tab.page.evaluate(isAtEnd)).to.equal(true);
    expect(await tab.page.evaluate(`${log}.children.length`)).to.equal(2_000);
    await tab.shows("The last 2,000 lines");
    expect(await tab.page.evaluate(`${log}.innerText`)).to.not.include("labels");
    await tab.page.evaluate(`${log}.scrollTo(0, 5_000)`);
    const last = from;
    await tab.shows(`line ${last + 2}.`);
    expect(await tab.page.evaluate(isAtEnd)).to.equal(false);
  });
});
