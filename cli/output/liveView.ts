import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { createLogUpdate } from "log-update" with { "resolution-mode": "import" };
import { packageRoot } from "../../contract/packageRoot";
import { render, type Styled } from "./styled";
import { out } from "./terminal";

/** A picture on standard output, each drawing of which takes the place of the last. */
export interface LiveView {
  draw(picture: Styled): void;
  /** Leaves the last drawing. */
  end(): void;
}

export async function openLiveView(): Promise<LiveView> {
  const logUpdate = await loadLogUpdate();
  const update = logUpdate.createLogUpdate(process.stdout, { showCursor: true });
  return { draw: (picture) => update(render(picture, out.isColoured)), end: () => update.done() };
}

/** From the bundle that tools/build/bundles.mjs makes, since it and all below it are ES modules only. */
function loadLogUpdate(): Promise<{ createLogUpdate: typeof createLogUpdate }> {
  const file = join(packageRoot(), "dist", "cli", "vendor", "logUpdate.js");
  return import(pathToFileURL(file).href) as ReturnType<typeof loadLogUpdate>;
}
