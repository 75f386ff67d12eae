import { signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Answers } from "../../contract/http/answers";
import type { LocalControls } from "../../contract/http/localControls";
import { type RouteName, routes } from "../../contract/http/routes";
import { type AnswerOf, Api, type Call, pathOf, readAnswer } from "./call";
import { type Live, Poller } from "./poller";
import { readSession } from "./session";

/** Secrets of this tab. */
export const session = readSession(location.hash, sessionStorage, (rest) => history.replaceState(null, "", rest));

/** True if the page is served by the local run itself, not by the command line's proxy. */
export const isLocal = session.token === undefined;

/** Reason why the page only reads, from the command line's proxy; undefined if it acts, too. */
export const readsOnly = signal<string | undefined>(undefined);

export const api = new Api(
  async (url, init) => {
    const response = await fetch(url, init);
    readsOnly.value = response.headers.get("x-console-reads-only") ?? undefined;
    return response;
  },
  new URL("../", location.href.replace(/[?#].*/s, "")).href,
  session.token ? { "x-console-token": session.token } : {},
);

/** Header that the local run's controls require. */
const control: Record<string, string> = { authorization: `Bearer ${session.local}` };

export const poller = new Poller({
  send: (path, { headers }) => api.send(path, { headers: { ...headers, ...(path.startsWith("_local/") && control) } }),
  now: Date.now,
  setTimer: (task, milliseconds) => setTimeout(task, milliseconds),
  clearTimer: (timer) => clearTimeout(timer as number),
  pace: isLocal ? { busy: 500, calm: 500 } : { busy: 2_000, calm: 10_000 },
});

document.addEventListener("visibilitychange", () => poller.setHidden(document.hidden));
poller.setHidden(document.hidden);

/** The live answer of a route. `every` is the least number of milliseconds between calls, or makes it of the answer. */
export function useLive<Name extends RouteName>(
  name: Name,
  call: Call = {},
  every: number | ((value: AnswerOf<Name>) => number) = 0,
): Live<AnswerOf<Name>> {
  const path = pathOf(name, call);
  const names = Object.values(routes[name].answers) as (keyof Answers)[];
  const live = useMemo(() => poller.live(path, (text) => readAnswer(text, names) as AnswerOf<Name>), [path]);
  const { value } = live.value;
  const pause = typeof every === "number" ? every : value === undefined ? 0 : every(value);
  useEffect(() => poller.pace(path, pause), [path, pause]);
  useEffect(() => poller.watch(path), [path]);
  return live;
}

/** The types, for a choice among them: they change with deployments alone. */
export function useTypeNames(): string[] {
  const { value } = useLive("listTypes", {}, isLocal ? 0 : 300_000).value;
  return useMemo(() => value?.types.map(({ type }) => type) ?? [], [value]);
}

/** The live answer of one of the local run's controls. */
export function useLocal<Path extends keyof LocalControls>(path: Path): Live<LocalControls[Path]> {
  const live = useMemo(() => poller.live(path, (text) => readAnswer(text, []) as LocalControls[Path]), [path]);
  useEffect(() => poller.watch(path), [path]);
  return live;
}

/** @throws Trouble */
export async function controlLocally(method: "POST" | "DELETE", path: string, body?: object): Promise<void> {
  const headers = { ...control, "content-type": "application/json" };
  await api.send(`_local/${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
}
