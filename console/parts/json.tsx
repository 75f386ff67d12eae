import { useState } from "preact/hooks";
import { size } from "../format";
import { Copy } from "./copy";

const mostCharacters = 20_000;
const tokens = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** A JSON value as coloured text, of which only the beginning is shown if it is long. */
export function Json({ value, label }: { value: unknown; label: string }) {
  const [isWhole, setWhole] = useState(false);
  const text = JSON.stringify(value, null, 2) ?? "";
  const isCut = text.length > mostCharacters && !isWhole;
  return (
    <div class="code">
      <Copy text={text} label={`Copy the ${label}`} />
      {/* A region that scrolls must be reachable by the keyboard. */}
      <pre tabIndex={0} aria-label={label}>
        {coloured(isCut ? text.slice(0, mostCharacters) : text)}
        {isCut && "…"}
      </pre>
      {isCut && (
        <button type="button" class="quiet" onClick={() => setWhole(true)}>
          Show all {size(text.length)}
        </button>
      )}
    </div>
  );
}

function coloured(text: string) {
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(tokens)) {
    const [all, string, colon] = match;
    parts.push(text.slice(at, match.index));
    const kind = string === undefined ? "number" : colon === undefined ? "string" : "key";
    parts.push(<span class={kind}>{string ?? all}</span>, colon);
    at = match.index + all.length;
  }
  return [...parts, text.slice(at)];
}
