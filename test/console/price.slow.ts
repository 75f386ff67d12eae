import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Browser } from "puppeteer-core";
import { Bill } from "../../bench/bill/bill";
import { startConsole } from "../../cli/consoleProxy/consoleServer";
import { Connection } from "../../client/connection/connection";
import { usageDay, usageItem, usageKey } from "../../contract/fleet/usage";
import type { Listener } from "../../contract/http/listen";
import { consoleFolder, packageRoot } from "../../contract/packageRoot";
import type { LogEntry } from "../../local-cloud/log";
import { setItem } from "../journeys/support/fleet";
import { createHandlers, type Handlers, type Journey, startJourney } from "../journeys/support/stack";
import { openTab, startBrowser } from "./support/browser";

/** Seconds of the page's own time that are counted. */
const seconds = 60;

const types = ["checksum", "thumbnail", "word-count"];

/** Counts for the tables of docs/console.md and docs/cost.md, which `npm run docs` makes. */
const countsFile = join(packageRoot(), "tools", "documents", "tabCounts.json");

interface Hour {
  requests: number;
  /** Dollars for requests, reads and access logs, and those for the functions' time, which a busy machine lengthens. */
  calls: number;
  time: number;
}

interface Counted {
  page: string;
  /** While something moves, and while nothing does. */
  moving: Hour;
  calm: Hour;
}

describe("an open tab of the console", () => {
  let browser: Browser;
  let handlers: Handlers;
  let journey: Journey;
  let bill: Bill | undefined;
  let server: Listener;
  /** True if each answer is another one, as where something moves all the time. */
  let isMoving = false;
  let requests = 0;
  before(async () => {
    handlers = createHandlers({ held: "await released(job, context);" });
    const processors = types.map((name) => ({ name, handler: "held", minInstances: 1 }));
    const log = (entry: LogEntry) => bill?.noteLog(entry);
    journey = await startJourney(processors, handlers, {}, { log, scheduleSeconds: 1e6 });
    const connection = new Connection(new URL(journey.url), () => Promise.resolve({}), {});
    let loggedAt = 0;
    const exchange: Connection["exchange"] = async ({ headers = {}, ...request }, body) => {
      const { "if-none-match": tag, ...others } = headers;
      // The operator reads logs once a second at most, of its own clock.
      if (request.path.endsWith("/logs")) {
        const wait = Math.max(0, loggedAt + 1_100 - Date.now());
        loggedAt = Date.now() + wait;
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
      requests++;
      bill?.noteRequest();
      const answer = await connection.exchange({ ...request, headers: isMoving || !tag ? others : headers }, body);
      return isMoving ? { ...answer, text: answer.text + " ".repeat(requests % 97) } : answer;
    };
    server = await startConsole({
      ...{ folder: consoleFolder(), connection: { exchange }, token: "t", readsOnly: undefined, port: 0 },
    });
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    await server?.close();
    await journey?.stop();
    handlers?.remove();
  });

  /** Requests and dollars of an hour of the view. */
  async function hourOf(place: string, words: string): Promise<Hour> {
    const tab = await openTab(browser, `${server.address}/console/#token=t`);
    await tab.go(place);
    await tab.shows(words);
    const cdp = await tab.page.createCDPSession();
    // The page's time runs as fast as the API answers.
    const pass = async (seconds: number) => {
      const over = new Promise((resolve) => cdp.once("Emulation.virtualTimeBudgetExpired", resolve));
      const budget = seconds * 1_000;
      await cdp.send("Emulation.setVirtualTimePolicy", { policy: "pauseIfNetworkFetchesPending", budget });
      await over;
    };
    await pass(isMoving ? 5 : 45);
    requests = 0;
    bill = new Bill(journey.cloud, journey.outputs.jobTable, ["front end", "operator", "access log"]);
    await pass(seconds);
    const { dollars } = bill.perMillion((seconds / 3_600) * 1e6);
    bill = undefined;
    await tab.page.close();
    return { requests: (requests * 3_600) / seconds, calls: dollars.requests + dollars.logs, time: dollars.functions };
  }

  it("costs less than a cent an hour on each page, as the documents say", async () => {
    const id = await journey.submit("checksum", "x".repeat(200_000));
    await journey.reaches(id, "running");
    for (let batch = 0; batch < 3; batch++) {
      const job = { type: "thumbnail", payload: "", tenant: "acme", delaySeconds: 3_600 };
      await journey.call("POST", "/jobs/batch", { jobs: Array.from({ length: 100 }, () => job) });
    }
    // Workers add their first usage after a minute, which is before the page of it or after.
    const used = types.map((type) =>
      setItem(journey, usageKey(type), usageItem("type", usageDay(Date.now())), { jobs: 1 }),
    );
    await Promise.all(used);
    const views: [page: string, place: string, words: string][] = [
      ["Overview", "#/", "word-count"],
      ["Jobs", "#/jobs", "25 shown"],
      ["Jobs by a filter that fits none of 300", "#/jobs?tenant=none", "No job fits"],
      ["A job that runs", `#/jobs/${id}`, "Attempt 1 began"],
      ["Failures", "#/failures", "No failed jobs"],
      ["Actions", "#/actions", "No action on many jobs yet"],
      ["Schedules", "#/schedules", "Schedules"],
      ["Usage", "#/usage", "All jobs"],
      ["A type", "#/types/checksum", "Submit a job"],
    ];
    const counted: Counted[] = [];
    for (const [page, place, words] of views) {
      isMoving = true;
      const moving = await hourOf(place, words);
      isMoving = false;
      counted.push({ page, moving, calm: await hourOf(place, words) });
    }
    handlers.release(id);
    if (process.env.UPDATE_COUNTS) writeFileSync(countsFile, `${JSON.stringify(counted, undefined, 2)}\n`);
    const written = JSON.parse(readFileSync(countsFile, "utf8")) as Counted[];
    for (const [index, { page, ...counts }] of counted.entries()) {
      for (const pace of ["moving", "calm"] as const) {
        const [now, before] = [counts[pace], written[index]![pace]];
        const what = `${page}, ${pace}: UPDATE_COUNTS=1 writes it`;
        expect(before.calls + before.time, `${page}, ${pace}, dollars an hour`).to.be.below(0.01);
        // One call more or less may fall into the time that is counted.
        expect(now.requests, what).to.be.closeTo(before.requests, 130);
        expect(now.calls / now.requests / (before.calls / before.requests), what).to.be.closeTo(1, 0.1);
      }
    }
  });
});
