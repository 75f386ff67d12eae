import { expect } from "chai";
import type { Browser } from "puppeteer-core";
import { type Job, JobClient } from "../../client/index";
import { historyKey, historyPlace } from "../../contract/fleet/history";
import { usageItem, usageKey } from "../../contract/fleet/usage";
import { consoleFolder } from "../../contract/packageRoot";
import { spawnCli } from "../cli/support";
import { runScaler, setItem } from "../journeys/support/fleet";
import { createHandlers, type Handlers, type Journey, startJourney } from "../journeys/support/stack";
import { until } from "../support/until";
import { openTab, seriousFindings, startBrowser, type Tab } from "./support/browser";

const payloadSchema = {
  ...{ type: "object", required: ["text"], additionalProperties: false },
  properties: { text: { type: "string" }, fails: { type: "boolean" } },
};
const schedules = [
  { name: "nightly", expression: "cron(0 3 * * ? *)", timeZone: "Europe/Berlin", payload: { text: "good night" } },
];
const processors = [
  { name: "echo", handler: "echo", minInstances: 1, maxAttempts: 1, payloadSchema, schedules },
  { name: "slow", handler: "slow", minInstances: 1, maxInstances: 1, slots: 1 },
];

/** Texts that would do harm as markup, as script, to the order of what is around them, or to the layout. */
const hostile = [
  `<img src=x onerror="wrong('it ran')"><script>wrong("it ran")</script>`,
  `"><svg onload=wrong(1)>'&lt;b&gt; javascript:wrong(1) \${wrong(1)} {{wrong(1)}}`,
  "\u202egnp.exe\u202c \u200b\u2066x\u2069 a\u0301\u0323 \u0000\u001b[31m",
  "long ".repeat(400) + "W".repeat(3_000),
];

describe("the console in a browser", () => {
  let browser: Browser;
  let handlers: Handlers;
  let journey: Journey;
  let client: JobClient;
  let tab: Tab;
  before(async () => {
    handlers = createHandlers({
      echo: `context.logger.info(job.payload.text, { [job.payload.text]: job.payload.text });
        console.error(job.payload.text);
        if (job.payload.fails) throw Object.assign(new Error(job.payload.text), { name: "Refusal" });
        return { text: job.payload.text };`,
      slow: `context.progress(0.5, job.payload);
        console.log("it begins");
        const stopped = new Promise((_, reject) => context.signal.addEventListener("abort", () => reject(new Error("stopped"))));
        await Promise.race([released(job, context), stopped]);
        console.log("it ends");
        return 1;`,
    });
    journey = await startJourney(processors, handlers, {}, { console: consoleFolder() });
    client = new JobClient({ url: journey.url });
    browser = await startBrowser();
    tab = await openTab(browser, `${journey.url}/console/#local=${journey.cloud.token}`);
  });
  after(async () => {
    await browser?.close();
    await journey?.stop();
    handlers?.remove();
  });
  afterEach(() => expect(tab.wrongs).to.deep.equal([]));

  const failing = async (text: string) => {
    const { id } = await client.submit("echo", { text, fails: true }, { labels: { a: "b" }, tenant: "acme" });
    await journey.reaches(id, "failed");
    return id;
  };

  it("submits a job by the form of its type, and follows it to its end", async () => {
    await tab.shows("Nothing needs you");
    await tab.click("link", "echo");
    await tab.page.locator("form.submit input").fill("to be");
    // It is pressed already, and leaves what was typed.
    await tab.click("button", "Form");
    await tab.click("button", "Submit 1 job");
    await tab.shows("Submitted ");
    const id = (await tab.page.evaluate('document.querySelector("[role=status] a[href*=jobs]").textContent')) as string;
    await tab.click("link", id);
    await tab.shows("succeeded");
    const job = await client.get(id);
    expect(job).to.deep.include({ state: "succeeded", payload: { text: "to be" }, result: { text: "to be" } });
  });

  it("shows a large payload and a large result by their sizes and digests, with links to them", async () => {
    const { id } = await client.submit("echo", { text: "é".repeat(200_000) });
    const { payloadRef, resultRef } = (await journey.reaches(id, "succeeded")) as unknown as Job;
    await tab.go(`#/jobs/${id}`);
    for (const { sha256 } of [payloadRef!, resultRef!]) await tab.shows(sha256);
    await tab.shows("400.0 KB in S3: Download the payload");
    await tab.shows("400.0 KB in S3: Download the result");
    const links =
      'JSON.stringify([...document.querySelectorAll("a")].filter((a) => /^Download/.test(a.textContent)).map((a) => a.href))';
    for (const url of JSON.parse((await tab.page.evaluate(links)) as string) as string[]) {
      expect(await (await fetch(url)).json()).to.deep.equal({ text: "é".repeat(200_000) });
    }
  });

  it("retries a failed job, replays it with another payload, and removes its data", async () => {
    const id = await failing("no");
    await tab.go(`#/jobs/${id}`);
    await tab.shows("Refusal");
    await tab.click("button", "Retry");
    await tab.click("button", "Retry 1 job");
    await tab.shows(`${id} is queued again`);
    expect(await journey.reaches(id, "failed")).to.include({ retries: 1 });
    await tab.click("button", "Replay");
    await tab.page.locator("dialog[open] textarea").fill('{ "text": "yes" }');
    await tab.click("button", "Replay 1 job");
    await tab.shows("Submitted ");
    const made = (await tab.hash()).replace("#/jobs/", "");
    expect(await journey.reaches(made, "succeeded")).to.deep.include({
      replayOf: id,
      payload: { text: "yes" },
      tenant: "acme",
    });
    await tab.go(`#/jobs/${id}`);
    await tab.click("button", "Remove data");
    await tab.click("button", "Remove data of 1 job");
    await tab.shows(`The data of ${id} is removed`);
    expect(await client.get(id))
      .to.include.keys("dataRemovedAt")
      .and.not.have.property("payload");
  });

  it("cancels a job that waits and one that runs, and does nothing when left", async () => {
    const { id: later } = await client.submit("echo", { text: "" }, { delaySeconds: 600 });
    await tab.go(`#/jobs/${later}`);
    await tab.shows("It waits: delayed");
    await tab.click("button", "Cancel");
    await tab.click("button", "Leave it");
    expect(await client.get(later)).to.include({ state: "queued" });
    await tab.click("button", "Cancel");
    await tab.click("button", "Cancel 1 job");
    await tab.shows(`${later} is cancelled`);
    expect(await client.get(later)).to.include({ state: "cancelled" });
    const { id: running } = await client.submit("slow", "half of it");
    await tab.go(`#/jobs/${running}`);
    await tab.shows("half of it");
    await tab.click("button", "Cancel");
    await tab.click("button", "Cancel 1 job");
    await journey.reaches(running, "cancelled");
    await tab.shows("cancelled");
  });

  it("lists jobs by filters that stay in the address", async () => {
    const id = await failing("listed");
    await tab.go("#/jobs");
    await tab.page.locator("form.filters select").wait();
    const [, state] = await tab.page.$$("form.filters select");
    await state!.select("failed");
    await tab.page.waitForFunction('location.hash.includes("state=failed")');
    await tab.page.waitForSelector(`[role=row] a[href="#/jobs/${id}"]`);
    const states = "[...document.querySelectorAll('[role=row].job .state-cell')].map((cell) => cell.innerText)";
    for (const each of (await tab.page.evaluate(states)) as string[]) expect(each).to.include("failed");
    await tab.page.reload();
    await tab.page.waitForSelector(`[role=row] a[href="#/jobs/${id}"]`);
    expect(await tab.hash()).to.equal("#/jobs?state=failed");
  });

  it("groups failures by their errors, and retries all of a group once their number was shown", async () => {
    const ids = [await failing("alike"), await failing("alike"), await failing("different")];
    await tab.go("#/failures?type=echo");
    const group = 'article[aria-label="echo: Refusal: alike"]';
    await tab.page.locator(`${group} button ::-p-text(Retry all)`).click();
    await tab.click("button", "Retry 2 jobs");
    await tab.shows("Retry 2 jobs");
    await tab.shows("done: 2 done, 0 skipped, 0 failed");
    const [action] = await client.actions();
    expect(action!.filter).to.include({ type: "echo", state: "failed", errorKey: "Refusal: alike" });
    expect(await tab.hash()).to.equal(`#/actions/${action!.id}`);
    for (const id of ids) {
      expect((await journey.reaches(id, "failed")).retries).to.equal(id === ids[2] ? undefined : 1);
    }
  });

  it("acts on the jobs that are selected, and on all that the filters select", async () => {
    const ids = ["many-1", "many-2", "many-3"];
    for (const id of ids) {
      await client.submit("echo", { text: "" }, { id, delaySeconds: 600, labels: { batch: "many" } });
    }
    await tab.go("#/jobs?type=echo&label=batch%3Amany");
    const states = async () => Promise.all(ids.map(async (id) => (await client.get(id)).state));
    await tab.page.locator('[role=row]:has(a[href="#/jobs/many-2"]) input[type=checkbox]').click();
    await tab.shows("1 selected:");
    await tab.page.locator(".bulk button ::-p-text(Cancel)").click();
    await tab.click("button", "Cancel 1 job");
    await tab.shows("done: 1 done, 0 skipped, 0 failed");
    expect(await states()).to.deep.equal(["queued", "cancelled", "queued"]);
    await tab.go("#/jobs?type=echo&state=queued&label=batch%3Amany");
    await tab.shows("All that match:");
    await tab.page.locator(".bulk button ::-p-text(Cancel)").click();
    await tab.click("button", "Cancel 2 jobs");
    await tab.shows("done: 2 done, 0 skipped, 0 failed");
    expect(await states()).to.deep.equal(["cancelled", "cancelled", "cancelled"]);
    await tab.go("#/actions");
    await tab.shows("Cancel 2 jobs");
  });

  it("shows a job's log as it comes to its end, each line once, of the handler or all", async () => {
    const { id } = await client.submit("slow", "logged");
    await tab.go(`#/jobs/${id}`);
    await tab.shows("it begins");
    await tab.shows("Waiting for further lines");
    handlers.release(id);
    await tab.shows("it ends");
    await tab.page.waitForFunction('!document.body.innerText.includes("Waiting for further lines")');
    const lines = async () =>
      (await tab.page.evaluate(
        "[...document.querySelectorAll('.logs > div')].map((line) => line.innerText)",
      )) as string[];
    expect((await lines()).map((line) => line.slice(9))).to.deep.equal(["#1 it begins", "#1 it ends"]);
    await tab.click("button", "All");
    await tab.shows("job-routed");
    const all = await lines();
    for (const words of ["job-accepted", "it begins", "it ends"]) {
      expect(
        all.filter((line) => line.includes(words)),
        words,
      ).to.have.length(1);
    }
  });

  it("shows schedules in words, and a type's counts and fleet, on its page and at a glance", async () => {
    await tab.go("#/schedules");
    await tab.shows("daily at 03:00, Europe/Berlin");
    const times = await tab.page.evaluate('[...document.querySelectorAll("td time")].map((time) => time.dateTime)');
    expect(times)
      .to.deep.equal((await client.schedules())[0]!.next)
      .and.have.length(3);
    await tab.click("link", "echo");
    await tab.shows("nightly: daily at 03:00");
    const ids = ["counted-1", "counted-2"];
    await client.submit("slow", "counted", { id: ids[0] });
    await journey.reaches(ids[0]!, "running");
    await client.submit("slow", "counted", { id: ids[1] });
    await until(async () => {
      await setItem(journey, "slow", "fleet", { countsAt: 0 });
      await runScaler(journey);
      return (await client.get(ids[1]!)).waiting?.reason === "behind";
    });
    await tab.go("#/types/slow");
    await tab.shows("1 of 1 instance, 1 of 1 slot busy");
    await tab.shows("Waiting\n1\nRunning\n1\n");
    const labels = () =>
      tab.page.evaluate('[...document.querySelectorAll("canvas")].map((one) => one.closest("[role=img]").ariaLabel)');
    await until(async () => String(await labels()).includes("waiting 1, running 1"));
    expect(await labels()).to.deep.equal([
      ...["Jobs over time. Now: waiting 1, running 1", "Instances over time. Now: wanted 1, in service 1"],
    ]);
    // As if there had been two more instances until just now.
    const [hour, attribute] = historyPlace(Date.now() - 90 * 60_000);
    await setItem(journey, historyKey("slow"), hour, { [attribute]: "0 0 0 3 0 0 3 3 3 0" });
    await tab.click("button", "Day");
    await tab.shows("3 → 1\tidle instances ended");
    await tab.click("button", "Hour");
    await tab.shows("3 → 1\tidle instances ended");
    expect((await client.history("slow"))[0]).to.include({ desired: 3 });
    await tab.go("#/");
    await tab.page.locator('article[aria-label="slow"] a[href="#/jobs?type=slow&state=queued"]').click();
    await tab.page.waitForFunction("document.querySelectorAll('[role=row].job').length === 1");
    for (const id of ids) handlers.release(id);
    for (const id of ids) await journey.reaches(id, "succeeded");
  });

  it("shows hostile texts as texts: payloads, log lines, errors, notes, labels, tenants", async () => {
    for (const text of hostile) {
      const shown = text
        .replace(/[^\x20-\x7e].*/s, "")
        .slice(0, 40)
        .trim();
      const label = text.replace(/[^\x21-\x7e]/g, "").slice(0, 100);
      const { id } = await client.submit("echo", { text, fails: true }, { labels: { a: label }, tenant: label });
      await journey.reaches(id, "failed");
      for (const place of [`#/jobs/${id}`, "#/jobs", `#/jobs?state=failed&tenant=${encodeURIComponent(label)}`, "#/"]) {
        await tab.go(place);
        await tab.page.reload();
        await tab.shows(shown === "" ? id : shown);
        if (place.startsWith("#/jobs/")) {
          await tab.page.waitForFunction("document.querySelectorAll('.logs > div').length >= 2");
          await tab.page.waitForFunction(
            `document.querySelector(".logs").innerText.includes(${JSON.stringify(shown)})`,
          );
        }
        const found = await tab.page.evaluate(`[
          document.querySelectorAll("img, svg, script:not([src]), iframe").length,
          document.documentElement.scrollWidth - document.documentElement.clientWidth,
        ]`);
        expect(found, `${place} of ${text.slice(0, 40)}`).to.deep.equal([0, 0]);
      }
    }
    const { id } = await client.submit("slow", hostile[0]!);
    await tab.go(`#/jobs/${id}`);
    await tab.shows("<script>");
    handlers.release(id);
    await journey.reaches(id, "succeeded");
  });

  it("loses another region of this machine, and brings it back", async () => {
    const west = await journey.cloud.inRegion("us-west-2");
    await tab.go("#/local");
    await tab.click("button", "Lose us-west-2");
    await tab.click("button", "Lose 1 region");
    await tab.shows("refuses calls");
    expect(west.outage.now).to.include({ kind: "refuse" });
    await tab.click("button", "Bring back us-west-2");
    await tab.click("button", "Bring back 1 region");
    await tab.shows("Bring back: us-west-2");
    expect(west.outage.now).to.equal(undefined);
  });

  it("shows what was used, by type, tenant or label", async () => {
    // Workers still add to the sums of today.
    const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    const ofThatDay = `from=${day}&to=${day}`;
    const used = { seconds: 7_200, dollars: 0.5 };
    await setItem(journey, usageKey("slow"), usageItem("type", day), {
      ...{ jobs: 9, seconds: 10_800, dollars: 0.75, instanceSeconds: 18_000, instanceDollars: 1.25 },
    });
    await setItem(journey, usageKey("slow"), usageItem("tenant", day, "acme"), { jobs: 3, ...used });
    await setItem(journey, usageKey("slow"), usageItem("label:customer", day, "umbrella"), { jobs: 2, ...used });
    await tab.go(`#/usage?${ofThatDay}`);
    await tab.shows("slow\t9\t3.000\t0.7500");
    await tab.shows("Idle\t\t2.000\t0.5000");
    await tab.page.select("main select", "tenant");
    await tab.shows("acme\t3\t2.000\t0.5000");
    await tab.go(`#/usage?by=label&label=customer&${ofThatDay}`);
    await tab.shows("umbrella\t2\t2.000\t0.5000");
    await tab.go("#/usage?from=2000-01-01");
    await tab.shows("Expected a day from");
  });

  it("has no serious finding of axe on any page, light or dark, nor at the width of a phone", async () => {
    const id = await failing("looked at");
    const { page } = tab;
    for (const scheme of ["light", "dark"]) {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      for (const width of [1_280, 360]) {
        await page.setViewport({ width, height: 900 });
        for (const place of [
          "#/",
          "#/jobs",
          `#/jobs/${id}`,
          "#/types/echo",
          "#/types/slow",
          "#/types/none",
          "#/schedules",
          "#/failures",
          "#/actions",
          "#/usage",
          "#/local",
          "#/nowhere",
        ]) {
          await tab.go(place);
          await page.waitForSelector("main h1");
          expect(await seriousFindings(tab), `${place} ${scheme} ${width}`).to.deep.equal([]);
          const over = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
          expect(over, `${place} is wider than ${width}`).to.be.at.most(0);
        }
      }
    }
    await page.emulateMediaFeatures([]);
    await page.setViewport({ width: 1_280, height: 900 });
  });

  it("has all that one can act on within reach of the keyboard, and acts by it alone", async () => {
    const id = await failing("by keys");
    const { page } = tab;
    const press = async (...keys: ("Tab" | "Enter" | "Escape")[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    for (const place of ["#/", "#/jobs?type=echo", `#/jobs/${id}`, "#/types/echo", "#/failures", "#/local"]) {
      await tab.go(place);
      await page.reload();
      await page.waitForFunction("document.querySelectorAll('main :is(a, button)').length > 2");
      const number = (await page.evaluate(`
        document.addEventListener("focusin", (event) => seen.add(event.target));
        seen = new Set();
        wanted = [...document.querySelectorAll(":is(header, main) :is(a, button, input, select, textarea, summary)")]
          .filter((each) => !each.disabled && each.checkVisibility());
        wanted.length`)) as number;
      // Fields of dates and times take several steps.
      await press(...Array<"Tab">(number + 30).fill("Tab"));
      const missed = "wanted.filter((each) => each.isConnected && !seen.has(each)).map((each) => each.outerHTML)";
      expect(await page.evaluate(missed), place).to.deep.equal([]);
    }
    await tab.go(`#/jobs/${id}`);
    const name = async () => (await page.evaluate("document.activeElement.innerText")) as string;
    const goTo = async (wanted: string) => {
      for (let step = 0; (await name()) !== wanted && step < 60; step++) await press("Tab");
      expect(await name()).to.equal(wanted);
    };
    await tab.shows("Refusal");
    await goTo("Retry");
    await press("Enter");
    await page.waitForSelector("dialog[open]");
    await press("Escape");
    await page.waitForSelector("dialog[open]", { hidden: true });
    expect(await name(), "the focus is back").to.equal("Retry");
    await press("Enter");
    await page.waitForSelector("dialog[open]");
    await goTo("Retry 1 job");
    await press("Enter");
    await tab.shows(`${id} is queued again`);
    expect(await journey.reaches(id, "failed")).to.include({ retries: 1 });
  });

  it("opens a dialog though the end of the last one is told only then", async () => {
    const id = await failing("asked twice");
    const { page } = tab;
    await tab.go(`#/jobs/${id}`);
    await tab.shows("Refusal");
    const retry = "[...document.querySelectorAll('main button')].find(({ innerText }) => innerText === 'Retry')";
    await page.evaluate(`${retry}.click()`);
    await page.waitForSelector("dialog[open]");
    // The event `close` comes in a later task.
    await page.evaluate(`document.querySelector("dialog").close(); ${retry}.click()`);
    await page.waitForSelector("dialog[open]");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog[open]", { hidden: true });
  });

  it("acts by the command line's proxy on an API that takes signed calls alone", async () => {
    const signed = await startJourney(processors, handlers, {}, { enforceAuth: true });
    const { region, credentials } = signed.cloud;
    const own = new JobClient({ url: signed.url, authorization: "iam", region, credentials });
    const { id } = await own.submit("echo", { text: "signed", fails: true });
    await own.wait(id);
    const tried: Promise<void>[] = [];
    const run = await spawnCli(["console", "--url", signed.url, "--json"], {
      onStart: (child) =>
        child.stdout!.once("data", (line: Buffer) => {
          const { url } = JSON.parse(line.toString()) as { url: string };
          const retries = async () => {
            const other = await openTab(browser, url);
            await other.shows("echo");
            expect(await other.hash()).to.equal("#/");
            await other.go(`#/jobs/${id}`);
            await other.click("button", "Retry");
            await other.click("button", "Retry 1 job");
            await other.shows(`${id} is queued again`);
            expect(await own.get(id)).to.include({ retries: 1 });
            expect(other.wrongs).to.deep.equal([]);
            await other.page.close();
          };
          tried.push(retries().finally(() => child.kill("SIGINT")));
        }),
    });
    await tried[0];
    expect([run.code, run.stderr]).to.deep.equal([0, ""]);
    await signed.stop();
  });
});
