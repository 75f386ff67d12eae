/** The beginning of a text, at most `most` characters in all; gives its full length if it is cut. */
export function shorten(text: string, most: number, length = text.length): string {
  if (length <= most && text.length <= most) return text;
  const mark = `… (${length} characters)`;
  return `${headOf(text, Math.max(0, most - mark.length))}${mark}`;
}

/** The beginning and the end of a text, at most `most` characters in all, with a mark between them. */
export function shortenMiddle(text: string, most: number): string {
  if (text.length <= most) return text;
  const mark = " … ";
  const head = Math.floor((most - mark.length) / 2);
  const tail = text.slice(text.length - (most - mark.length - head));
  return `${headOf(text, head)}${mark}${/^[\udc00-\udfff]/.test(tail) ? tail.slice(1) : tail}`;
}

/** Never cuts a character of two code units. */
function headOf(text: string, most: number): string {
  const head = text.slice(0, most);
  return /[\ud800-\udbff]$/.test(head) ? head.slice(0, -1) : head;
}
