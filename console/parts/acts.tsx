import { signal } from "@preact/signals";
import { type ComponentChildren, Fragment, type JSX, type VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { createKeys, type KeyOf } from "../api/call";
import { poller, readsOnly } from "../api/page";
import type { Trouble } from "../api/trouble";
import { goTo } from "../navigation";

/** An act that is asked for and must be confirmed. */
export interface Act {
  title: string;
  /** Its effects, and on how many. */
  text?: ComponentChildren;
  /** Word on the button. */
  verb: string;
  isDangerous?: boolean;
  /** True while there is nothing to confirm yet. */
  isPending?: boolean;
  /** Does it, and gives the outcome in words. `follow` goes to a link, unless the person left the dialog. */
  run: (keyOf: KeyOf, follow: (link: string) => void) => Promise<ComponentChildren>;
}

const open = signal<VNode | undefined>(undefined);
let shown = 0;
const said = signal<{ text: ComponentChildren; isBad?: boolean } | undefined>(undefined);

/** Asks the person to confirm an act. */
export function ask(act: Act): void {
  show(<Confirm act={act} />);
}

/** Shows a dialog of its own, which has a {@link Confirm}. */
export function show(dialog: VNode): void {
  open.value = <Fragment key={++shown}>{dialog}</Fragment>;
}

/** Says an outcome at the page's foot. */
export function say(text: ComponentChildren, isBad = false): void {
  const word = { text, isBad };
  said.value = word;
  setTimeout(() => {
    if (said.value === word && !isBad) said.value = undefined;
  }, 8_000);
}

/** The button of an act, which is disabled where the page only reads. */
export function ActButton({ disabled, ...props }: JSX.IntrinsicElements["button"]) {
  const isOff = readsOnly.value !== undefined;
  return <button type="button" {...props} disabled={isOff || disabled} title={isOff ? readsOnly.value : props.title} />;
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

/** Ends the dialog that is open: the person went elsewhere. */
export function closeDialog(): void {
  open.value = undefined;
}

/** The dialog that is open. */
export function Dialogs() {
  return <>{open.value}</>;
}

/** A dialog with an act to confirm, which ends with the act's outcome, or shows its trouble. */
export function Confirm({ act }: { act: Act }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const own = useRef(open.peek());
  const [trouble, setTrouble] = useState<Trouble>();
  const [isRunning, setRunning] = useState(false);
  const [keyOf] = useState(createKeys);
  useEffect(() => dialog.current?.showModal(), []);
  /** False once the person has left it, maybe for another dialog. */
  const isOpen = () => open.peek() === own.current;
  /** Gives the focus back, which a dialog that is only removed takes along. */
  const close = () => dialog.current?.close();
  const run = async (event: Event) => {
    event.preventDefault();
    setRunning(true);
    setTrouble(undefined);
    try {
      say(await act.run(keyOf, (link) => isOpen() && goTo(link)));
      close();
    } catch (error) {
      if (isOpen()) setTrouble(error as Trouble);
      else say(`${act.title} ${(error as Error).message}`, true);
    }
    setRunning(false);
    poller.refresh();
  };
  return (
    <dialog ref={dialog} aria-labelledby="act" onClose={() => isOpen() && closeDialog()}>
      <form onSubmit={(event) => void run(event)}>
        <h2 id="act">{act.title}</h2>
        {act.text}
        {trouble && <Problem trouble={trouble} />}
        <div class="buttons">
          <button type="button" onClick={close}>
            Leave it
          </button>
          <button type="submit" class={act.isDangerous ? "danger" : "primary"} disabled={isRunning || act.isPending}>
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
