/**
 * Secrets of the page's address, which its fragment carries and which stay in this tab: `token` for the command line's
 * proxy, `local` for the local run's controls.
 */
export interface Session {
  token?: string;
  local?: string;
}

/** A browser's store of a tab. */
interface Store {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
}

const names = ["token", "local"] as const;

/** Moves the fragment's secrets into the store, and gives what is there. `clear` takes the rest of the fragment. */
export function readSession(fragment: string, store: Store, clear: (rest: string) => void): Session {
  const given = new URLSearchParams(fragment.replace(/^#/, ""));
  const isGiven = names.some((name) => given.has(name));
  for (const name of names) {
    const value = given.get(name);
    if (value) store.setItem(name, value);
  }
  if (isGiven) clear("#/");
  return Object.fromEntries(names.flatMap((name) => [[name, store.getItem(name) ?? undefined]]));
}
