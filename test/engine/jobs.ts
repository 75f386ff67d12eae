import { setTimeout as sleep } from "node:timers/promises";
import type { Engine } from "./support";

/** Submits a job to the stack's API, and resolves to its view. */
export async function submit(engine: Engine, stack: string, type: string, payload: unknown): Promise<string> {
  const base = await urlOf(engine, stack);
  const response = await fetch(`${base}/jobs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ type, payload }),
  });
  const body = (await response.json()) as { id: string };
  if (response.status !== 202) throw new Error(`Expected 202, got ${response.status}: ${JSON.stringify(body)}`);
  return body.id;
}

/** Waits until the job has succeeded. */
export async function finish(
  engine: Engine,
  stack: string,
  id: string,
  seconds = 30,
): Promise<{ state: string; result: unknown }> {
  const base = await urlOf(engine, stack);
  const end = Date.now() + seconds * 1_000;
  for (;;) {
    const view = (await (await fetch(`${base}/jobs/${id}`)).json()) as { state: string; result: unknown };
    if (view.state === "succeeded") return view;
    if (Date.now() > end) throw new Error(`Expected ${id} to succeed within ${seconds} s, got ${JSON.stringify(view)}`);
    await sleep(100);
  }
}

export async function submitAndFinish(engine: Engine, stack: string, type: string, payload: unknown) {
  return finish(engine, stack, await submit(engine, stack, type, payload));
}

async function urlOf(engine: Engine, stack: string): Promise<string> {
  const { url } = await engine.outputs(stack);
  return String(url).replace(/\/$/, "");
}
