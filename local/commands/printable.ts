/** The text without what a terminal would obey. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, "\ufffd");
}
