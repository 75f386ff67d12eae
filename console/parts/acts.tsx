import { signal } from "@preact/signals";
import { type ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { poller } from "../api/page";
import type { Trouble } from "../api/trouble";

/** An act that is asked for and must be confirmed. */
export interface Act {
  title: string;
  /** Its effects, and on how many. */
  text?: ComponentChildren;
  /** Word on the button. */
  verb: string;
  isDangerous?: boolean;
  /** Does it, and gives the outcome in words; undefined if the dialog's own content is not ready. */
  run: () => Promise<ComponentChildren>;
}

const asked = signal<Act | undefined>(undefined);
const said = signal<{ text: ComponentChildren; isBad?: boolean } | undefined>(undefined);

/** Asks the person to confirm an act. */
export function ask(act: Act): void {
  asked.value = act;
}

/** Says an outcome at the page's foot. */
export function say(text: ComponentChildren, isBad = false): void {
  const word = { text, isBad };
  said.value = word;
  setTimeout(() => {
    if (said.value === word && !isBad) said.value = undefined;
  }, 8_000);
}

/** The fields that a refusal names, below its message. */
export function Problem({ trouble }: { trouble: Trouble }) {
  return (
    <div class="problem" role="alert">
      <p>{trouble.message}</p>
      {(trouble.fields ?? []).length > 0 && (
        <ul>
          {trouble.fields!.map(({ path, message }) => (
            <li>
              {path && <code>{path}</code>} {message}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** The dialog of the act that is asked for. */
export function Confirmation() {
  const act = asked.value;
  return act ? <Dialog key={act} act={act} /> : null;
}

function Dialog({ act }: { act: Act }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [trouble, setTrouble] = useState<Trouble>();
  const [isRunning, setRunning] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  const close = () => {
    asked.value = undefined;
  };
  const run = async (event: Event) => {
    event.preventDefault();
    setRunning(true);
    try {
      say(await act.run());
      close();
    } catch (error) {
      setTrouble(error as Trouble);
    }
    setRunning(false);
    poller.refresh();
  };
  return (
    <dialog ref={dialog} aria-labelledby="act" onClose={close}>
      <form onSubmit={(event) => void run(event)}>
        <h2 id="act">{act.title}</h2>
        {act.text}
        {trouble && <Problem trouble={trouble} />}
        <div class="buttons">
          <button type="button" onClick={close}>
            Leave it
          </button>
          <button type="submit" class={act.isDangerous ? "danger" : "primary"} disabled={isRunning}>
            {isRunning ? "…" : act.verb}
          </button>
        </div>
      </form>
    </dialog>
  );
}

/** The last outcome, which screen readers say. */
export function Outcome() {
  const word = said.value;
  return (
    <div class="outcome" role="status">
      {word && (
        <div class={word.isBad ? "bad" : ""}>
          <span>{word.text}</span>
          <button
            type="button"
            class="quiet"
            aria-label="Dismiss"
            onClick={() => {
              said.value = undefined;
            }}
          >
            ✕
          </button>
        </div>
      )}
    </div>
  );
}
