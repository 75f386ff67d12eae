import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { packageRoot } from "../../../contract/packageRoot";

/** Starts Chromium. As root, as in CI, it has no sandbox: the page is our own. */
export async function startBrowser(): Promise<Browser> {
  const { findChromium } = (await import(pathToFileURL(join(packageRoot(), "tools/fetch/chromium.mjs")).href)) as {
    findChromium: () => string | undefined;
  };
  const program = findChromium();
  if (program === undefined) throw new Error("Expected Chromium: node tools/fetch/chromium.mjs says how to get it");
  return puppeteer.launch({
    executablePath: program.includes("/") ? program : execFileSync("which", [program], { encoding: "utf8" }).trim(),
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
}

/** A page of the console, and what went wrong in it. */
export interface Tab {
  page: Page;
  /** Violations of the content security policy, and uncaught errors. */
  wrongs: string[];
  /** Clicks the button, link or other part of that accessible name, once it can be. */
  click(role: "button" | "link", name: string): Promise<void>;
  /** Waits until the page shows the text. */
  shows(text: string): Promise<void>;
  /** Fragment of the address, which names the view. */
  hash(): Promise<string>;
  /** Goes to a view of the page. */
  go(fragment: string): Promise<void>;
}

/** Opens the page at the address, as it is printed. */
export async function openTab(browser: Browser, address: string): Promise<Tab> {
  const page = await browser.newPage();
  await page.setViewport({ width: 1_280, height: 900 });
  const wrongs: string[] = [];
  page.on("pageerror", (error) => wrongs.push(String(error)));
  await page.exposeFunction("wrong", (text: string) => void wrongs.push(text));
  await page.evaluateOnNewDocument(
    'addEventListener("securitypolicyviolation", (event) => wrong(`${event.violatedDirective} ${event.blockedURI}`))',
  );
  await page.goto(address);
  return {
    page,
    wrongs,
    click: (role, name) => page.locator(`::-p-aria([name="${name}"][role="${role}"])`).click(),
    async shows(text) {
      const isShown = `document.body.innerText.includes(${JSON.stringify(text)})`;
      await page.waitForFunction(isShown).catch(async () => {
        const got = (await page.evaluate("document.body.innerText")) as string;
        throw new Error(`Expected the page to show ${text}, got ${got}`);
      });
    },
    hash: async () => (await page.evaluate("location.hash")) as string,
    async go(fragment) {
      await page.evaluate(`location.hash = ${JSON.stringify(fragment)}`);
    },
  };
}

/** The findings of axe that are serious or worse, in words. */
export async function seriousFindings({ page }: Tab): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = (await page.evaluate("axe.run()")) as axe.AxeResults;
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return serious.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("; ")}`,
  );
}
