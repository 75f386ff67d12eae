import type { JobState } from "../../contract/records/record";

const signs: Record<JobState, string> = { queued: "◷", running: "▸", succeeded: "✓", failed: "✕", cancelled: "⊘" };

/** A job's state, as a word and a sign. */
export function State({ state }: { state: JobState }) {
  return (
    <span class={`state ${state}`}>
      <span class="sign" aria-hidden="true">
        {signs[state] ?? "?"}
      </span>
      {state}
    </span>
  );
}
