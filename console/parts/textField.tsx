import type { JSX } from "preact";

type TextFieldProps = { label: string; onText: (text: string) => void } & JSX.IntrinsicElements["input"];

/** A line of text under its label. */
export function TextField({ label, onText, ...input }: TextFieldProps) {
  return (
    <label class="field">
      {label}
      <input {...input} onInput={(event) => onText(event.currentTarget.value)} />
    </label>
  );
}
