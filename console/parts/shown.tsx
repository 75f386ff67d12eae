import { type ComponentChildren } from "preact";
import type { Live } from "../api/poller";
import { Problem } from "./acts";

interface ShownProps<T> {
  live: Live<T>;
  /** Heading while there is no answer, if the answer has it otherwise. */
  title?: string;
  children: (value: T) => ComponentChildren;
}

/** A live answer, once it is there; until then, or if there is none, that in words. */
export function Shown<T>({ live, title, children }: ShownProps<T>) {
  const value = live.value.value;
  const trouble = live.trouble.value;
  if (value !== undefined) return <>{children(value)}</>;
  return (
    <>
      {title && <h1>{title}</h1>}
      {trouble ? <Problem trouble={trouble} /> : <p class="loading">Asking the API …</p>}
    </>
  );
}

/** A part of a page under a heading. */
export function Section(props: { title: string; id?: string; aside?: ComponentChildren; children: ComponentChildren }) {
  const id = props.id ?? props.title.toLowerCase().replace(/\W+/g, "-");
  return (
    <section aria-labelledby={id} class="part">
      <header>
        <h2 id={id}>{props.title}</h2>
        {props.aside}
      </header>
      {props.children}
    </section>
  );
}

/** Names and values. Those that are undefined are left out. */
export function Facts({ of }: { of: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {of
        .filter(([, value]) => value !== undefined && value !== null && value !== "" && value !== false)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
