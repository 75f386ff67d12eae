/** Name of the package that a file is of: undefined for a file outside `node_modules`. */
export function packageOfFile(path: string): string | undefined {
  const inside = path.split("node_modules/").at(-1)!;
  return inside === path ? undefined : packageOfRequest(inside);
}

/** Name of the package that a request such as `csv-parse/sync` asks for; undefined for a path. */
export function packageOfRequest(request: string): string | undefined {
  return /^(?:@[^/]+\/)?[^./@][^/]*/.exec(request)?.[0];
}
