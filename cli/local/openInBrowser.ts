import { spawn } from "node:child_process";
import { err } from "../output/terminal";

/** Opens a page in the person's browser, or says that it can't. */
export function openInBrowser(url: string): void {
  const opener = process.platform === "darwin" ? "open" : "xdg-open";
  const child = spawn(opener, [url], { stdio: "ignore", detached: true });
  child.once("error", (error) => err.line(`No browser opens (${error.message}); open ${url} yourself`));
  child.unref();
}
