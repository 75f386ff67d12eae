/** Clock difference beyond which a signature is assumed to fail for it; AWS allows 5 minutes. */
const longestSkewMilliseconds = 240_000;

/** Lead of an answer's clock over this machine's; 0 if the answer has no date. */
export function clockSkewOf({ headers }: Response): number {
  const time = Date.parse(headers.get("date") ?? "");
  return Number.isNaN(time) ? 0 : time - Date.now();
}

export function isSkewed(skewMilliseconds: number): boolean {
  return Math.abs(skewMilliseconds) > longestSkewMilliseconds;
}

/** Note to add to a refusal; empty unless the clocks differ. */
export function clockNote(skewMilliseconds: number): string {
  if (!isSkewed(skewMilliseconds)) return "";
  const minutes = Math.round(Math.abs(skewMilliseconds) / 60_000);
  return `; this machine's clock is ${minutes} min ${skewMilliseconds > 0 ? "behind" : "ahead of"} the API's`;
}
