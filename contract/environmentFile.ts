/**
 * File of an instance that holds its worker's environment, as user data writes it and as Docker's `--env-file` reads
 * it.
 */
export const environmentFile = "/etc/batch-job-worker/environment";

const delimiter = "ENVIRONMENT";

/** Shell text that writes a file. */
export function hereDocument(path: string, end: string, text: string): string {
  return `cat > ${path} <<'${end}'\n${text}\n${end}`;
}

/** Shell text that writes the worker's environment. */
export function writeEnvironment(environment: Record<string, string>): string {
  const lines = Object.entries(environment)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => {
      // The inputs' check can't see outputs: the rest of the value would become variables, or commands of the script.
      if (/[\r\n\0]/.test(value)) throw new Error(`Expected the environment variable ${name} as a text of one line`);
      return `${name}=${value}`;
    });
  return hereDocument(environmentFile, delimiter, lines.join("\n"));
}

/** The worker's environment that a user-data script carries: the inverse of {@link writeEnvironment}. */
export function readEnvironment(userData: string): Record<string, string> {
  const lines = userData.split("\n");
  const start = lines.indexOf(`cat > ${environmentFile} <<'${delimiter}'`);
  const end = lines.indexOf(delimiter, start);
  if (start < 0 || end < 0)
    throw new Error(`Expected user data that writes ${environmentFile}, got ${lines.length} lines without`);
  return Object.fromEntries(
    lines.slice(start + 1, end).map((line) => {
      const equals = line.indexOf("=");
      return [line.slice(0, equals), line.slice(equals + 1)];
    }),
  );
}
