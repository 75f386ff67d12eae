import pc from "picocolors";
import stringWidth from "string-width";
import { oneLine, printable } from "./printable";

const { bold, cyan, dim, gray, green, magenta, red, yellow } = pc.createColors(true);
const styles = { bold, cyan, dim, gray, green, magenta, red, yellow };

export type StyleName = keyof typeof styles;

/** Text with a style, which is applied only when it is written: after the filter, and if the stream has colours. */
export interface Span {
  style: StyleName;
  content: Styled;
}

/** Printable content: plain text from any source, spans of our own, and sequences of these. */
export type Styled = string | Span | readonly Styled[];

type Paint = { readonly [Name in StyleName]: (content: Styled) => Span };

export const paint = Object.fromEntries(
  (Object.keys(styles) as StyleName[]).map((style) => [style, (content: Styled): Span => ({ style, content })]),
) as Paint;

/** A template whose values are plain texts, or spans. */
export function styled(texts: TemplateStringsArray, ...values: readonly Styled[]): Styled {
  return texts.flatMap((text, index) => (index < values.length ? [text, values[index]!] : [text]));
}

/** The text to write: filtered, then coloured. */
export function render(content: Styled, isColoured: boolean): string {
  if (typeof content === "string") return printable(content);
  if (isSpan(content)) {
    const text = render(content.content, isColoured);
    return isColoured && text !== "" ? styles[content.style](text) : text;
  }
  return content.map((part) => render(part, isColoured)).join("");
}

/** The content on one line. */
export function singleLine(content: Styled): Styled {
  if (typeof content === "string") return oneLine(content);
  return isSpan(content) ? { ...content, content: singleLine(content.content) } : content.map(singleLine);
}

/** Columns of a terminal that a line takes. */
export function widthOf(content: Styled): number {
  return stringWidth(render(content, false));
}

/** The line cut to the width, between graphemes, with an ellipsis for what is missing. */
export function cut(content: Styled, width: number): Styled {
  if (widthOf(content) <= width) return content;
  return width < 1 ? "" : [take(content, width - 1).content, "…"];
}

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** As much of the content as fits into the width, and the columns that are left. */
function take(content: Styled, width: number): { content: Styled; left: number } {
  if (typeof content === "string") {
    let left = width;
    let text = "";
    for (const { segment } of segmenter.segment(printable(content))) {
      const columns = stringWidth(segment);
      if (columns > left) return { content: text, left: 0 };
      text += segment;
      left -= columns;
    }
    return { content: text, left };
  }
  if (isSpan(content)) {
    const taken = take(content.content, width);
    return { content: { ...content, content: taken.content }, left: taken.left };
  }
  let left = width;
  const parts: Styled[] = [];
  for (const part of content) {
    if (left <= 0) break;
    const taken = take(part, left);
    parts.push(taken.content);
    left = taken.left;
  }
  return { content: parts, left };
}

function isSpan(content: Styled): content is Span {
  return typeof content === "object" && !Array.isArray(content);
}
