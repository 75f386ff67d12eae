/** Name of the package that a file is of: undefined for a file outside `node_modules`. */
export function packageOfFile(path: string): string | undefined {
  return path.includes("node_modules/") ? packageOfRequest(path) : undefined;
}

/**
 * Name of the package that a request such as `csv-parse/sync`, or `.pnpm/csv-parse@7/node_modules/csv-parse/index.js`,
 * asks for; undefined for a path.
 */
export function packageOfRequest(request: string): string | undefined {
  return /^(?:@[^/]+\/)?[^./@][^/]*/.exec(withinPackages(request))?.[0];
}

/** The request as it is from anywhere, not from the packages' own folders. */
export function withinPackages(request: string): string {
  return request.split("node_modules/").at(-1)!;
}
