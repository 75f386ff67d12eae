export interface Progress {
  fraction: number;
  note?: string;
}

/** Characters kept of a note. */
const maxNoteCharacters = 200;

/** A handler's report, within bounds; undefined if the fraction is no number. */
export function toProgress(fraction: unknown, note?: unknown): Progress | undefined {
  if (typeof fraction !== "number" || Number.isNaN(fraction)) return undefined;
  const bounded = Math.min(1, Math.max(0, fraction));
  return { fraction: bounded, ...(typeof note === "string" && { note: note.slice(0, maxNoteCharacters) }) };
}
