import { useState } from "preact/hooks";

/** A button that copies a text. */
export function Copy({ text, label }: { text: string; label: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1_500);
  };
  return (
    <button type="button" class="quiet copy" aria-label={label} title={label} onClick={() => void copy()}>
      {isCopied ? "Copied" : "Copy"}
    </button>
  );
}

/** A line for a shell, to copy. */
export function Line({ text }: { text: string }) {
  return (
    <div class="code line">
      <pre tabIndex={0}>{text}</pre>
      <Copy text={text} label={`Copy: ${text}`} />
    </div>
  );
}
