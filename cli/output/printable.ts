/**
 * Characters that control a terminal or reverse the direction of text: control characters (C0, DEL and C1, of which
 * xterm takes U+009B and U+009D for the beginnings of sequences), bidirectional controls, and Unicode's own line
 * separators.
 */
const obeyed = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;

/** The text with its line breaks, and without any other character that controls a terminal. */
export function printable(text: string): string {
  return text.replace(/\r\n/g, "\n").replace(new RegExp(obeyed, "gu"), (character) => {
    if (character === "\n") return character;
    return character === "\t" || character === "\u2028" || character === "\u2029" ? " " : "\ufffd";
  });
}

/** The text on one line: line breaks are blanks, and those at its end are gone. */
export function oneLine(text: string): string {
  return printable(text).replace(/\n+$/, "").replace(/\n+/g, " ");
}

/** JSON with terminal controls escaped: the same value for programs, and only characters for terminals. */
export function printableJson(value: unknown, indent?: number): string {
  const json = JSON.stringify(value, undefined, indent) ?? "null";
  return json.replace(new RegExp(obeyed, "gu"), (character) =>
    character === "\n" ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
